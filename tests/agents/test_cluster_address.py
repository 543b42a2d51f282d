from __future__ import annotations

import socket
import time

import pytest

from agents.cluster_address import is_loopback, refuse_unanswered
from experiments.errors import Invalid


def test_a_ray_client_address_is_refused_with_advice() -> None:
    with pytest.raises(Invalid, match="on a node of the cluster"):
        refuse_unanswered("ray://head:10001")


def test_an_address_without_a_port_is_refused() -> None:
    with pytest.raises(Invalid, match="HOST:PORT"):
        refuse_unanswered("head")


def test_an_address_nobody_answers_is_refused_within_seconds() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(Invalid, match="nobody answers"):
            refuse_unanswered(f"127.0.0.1:{port}")
    assert time.monotonic() - started < 15


def test_somebody_who_answers_is_not_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        refuse_unanswered(f"127.0.0.1:{server.getsockname()[1]}")
    refuse_unanswered("auto")


def test_a_port_beyond_all_ports_is_refused_in_one_line() -> None:
    with pytest.raises(Invalid, match="nobody answers"):
        refuse_unanswered("127.0.0.1:99999999")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1:6379", True),
        ("[::1]:6379", True),
        ("localhost:6379", True),
        ("10.0.0.7:6379", False),
        ("head.lab.example:6379", False),
        ("auto", False),
    ],
)
def test_only_this_machine_seen_from_inside_is_loopback(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected
