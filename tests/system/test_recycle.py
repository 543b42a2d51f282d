"""Compute is replaced on request in the middle of a campaign, and nobody notices."""

from __future__ import annotations

import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from controller.cli import exit_status
from controller.events import AttemptLost, ComputeLost, ComputeStarted, Event, Observed
from tests.system.tiny_session import CAMPAIGN, computes_below, events, finish, start

PATIENCE_S = 400.0


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_fresh_compute_takes_over_and_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(CAMPAIGN.replace("coarse: 12", "coarse: 4000"))
    home = tmp_path / "home"
    control = start(tmp_path, "--workers", "2")

    def wait_for(kind: type[Event], n: int) -> int:
        until_s = time.monotonic() + PATIENCE_S
        while (found := count(home)[kind]) < n:
            assert control.poll() is None, (tmp_path / "control.err").read_text()
            assert time.monotonic() < until_s
            time.sleep(0.1)
        return found

    try:
        wait_for(Observed, 3)
        assert exit_status(["recycle", "tiny", "--home", str(home)]) == 0
        wait_for(ComputeStarted, 2)
        wait_for(Observed, count(home)[Observed] + 5)
        control.send_signal(signal.SIGINT)
        ended = finish(tmp_path, control)
    finally:
        control.kill()
        control.wait()
    assert ended.status == 130
    told = count(home)
    assert told[ComputeStarted] == 2
    assert told[ComputeLost] == 0
    assert told[AttemptLost] == 0
    jobs = [event.observation.job.id for event in events(home) if isinstance(event, Observed)]
    assert len(jobs) == len(set(jobs))
    assert computes_below(tmp_path) == []


def count(home: Path) -> Counter[type]:
    return Counter(type(event) for event in events(home))
