from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.order import Abort, Pause, decode_answer, decode_order, encode_line
from experiments.errors import Invalid


@pytest.mark.parametrize("order", [Pause(campaign="a", reason="ß\n"), Abort(campaign="b")])
def test_an_order_is_one_line_and_reads_back(order: Pause | Abort) -> None:
    line = encode_line(order)
    assert line.count(b"\n") == 1
    assert decode_order(line) == order


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"null\n",
        b'{"kind": "reboot"}\n',
        b'{"kind": "pause"}\n',
        b'{"kind": "pause", "campaign": ""}\n',
        b'{"kind": "pause", "campaign": "a", "shell": "x"}\n',
        b'{"kind": "pause", "campaign": "a", "reason": "' + b"x" * 501 + b'"}\n',
        b"[" * 20000 + b"\n",
    ],
)
def test_what_is_no_order_is_refused_in_one_line(line: bytes) -> None:
    with pytest.raises(Invalid, match="not an order") as raised:
        decode_order(line)
    assert "\n" not in raised.value.message
    assert len(raised.value.message) < 400


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(line: bytes) -> None:
    with pytest.raises(Invalid):
        decode_order(line)
    with pytest.raises(Invalid):
        decode_answer(line)
