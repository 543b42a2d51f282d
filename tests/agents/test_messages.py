"""Lines between control and compute: read back as they were, or refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import messages
from agents.messages import (
    MAX_LINE_BYTES,
    Ask,
    CancelJob,
    Configure,
    Fault,
    Heartbeat,
    JobLost,
    RunJob,
    Shutdown,
    decode_to_compute,
    decode_to_control,
    encode,
)
from experiments.errors import Invalid
from tests.agents.tiny_campaign import job, tiny_campaign

CAMPAIGN = tiny_campaign()
TO_COMPUTE = (
    Configure(campaign=CAMPAIGN, home="/h", artifact_url="file:///h/artifacts", n_workers=2),
    RunJob(job=job(CAMPAIGN)),
    CancelJob(job_id="abc"),
    Ask(request_id="1", pending=(job(CAMPAIGN),), left={"coarse": 3}, n_candidates=8, position=4),
    Shutdown(),
)
TO_CONTROL = (
    Heartbeat(sequence=1, round_trip_s=0.01, busy=2),
    JobLost(job_id="abc", reason="killed"),
    Fault(message="no cluster", is_fatal=True, is_invalid_input=True),
)


@pytest.mark.parametrize("message", TO_COMPUTE, ids=lambda message: message.kind)
def test_what_control_says_arrives_as_it_was(message):
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode_to_compute(line) == message


@pytest.mark.parametrize("message", TO_CONTROL, ids=lambda message: message.kind)
def test_what_compute_says_arrives_as_it_was(message):
    assert decode_to_control(encode(message)) == message


@given(st.text())
def test_any_reason_stays_on_one_line(reason):
    message = JobLost(job_id="abc", reason=reason.encode("utf-8", "replace").decode())
    line = encode(message)
    assert line.count(b"\n") == 1
    assert decode_to_control(line) == message


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[1, 2]", b"\xff\n", b'{"kind": "dance"}', b'{"kind": "shutdown", "now": 1}'],
)
def test_an_unreadable_line_is_refused(line):
    with pytest.raises(Invalid, match="control sent an unreadable line"):
        decode_to_compute(line)
    with pytest.raises(Invalid, match="compute sent an unreadable line"):
        decode_to_control(line)


def test_a_line_in_the_wrong_direction_is_refused():
    with pytest.raises(Invalid):
        decode_to_control(encode(Shutdown()))
    with pytest.raises(Invalid):
        decode_to_compute(encode(TO_CONTROL[0]))


def test_a_line_beyond_its_limit_is_not_sent(monkeypatch):
    monkeypatch.setattr(messages, "MAX_LINE_BYTES", 1000)
    assert MAX_LINE_BYTES > 1000
    with pytest.raises(Invalid, match=r"JobLost message of .* bytes exceeds 1000"):
        encode(JobLost(job_id="abc", reason="x" * 1000))
