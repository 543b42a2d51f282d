"""Kill processes at random moments: nothing acknowledged is lost, nothing is doubled.

The full set is ``python -m tests.system.kill_campaign``; here a few of each kind.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.system.kill_campaign import CALM_S, SHARE_IN_RECOVERY, main, table
from tests.system.kills import Disturbance, Kill, check, observed
from tests.system.tiny_session import CAMPAIGN, Done


@pytest.mark.timeout(1200)
def test_a_few_kills_lose_and_double_nothing(done: Done, tmp_path: Path) -> None:
    """Kill each kind once, as soon as something was written since the last time."""
    (tmp_path / "tiny.yaml").write_text(CAMPAIGN)
    kinds = ["worker", "compute", "ray", "control"]
    disturbance = Disturbance(tmp_path, random.Random(1), n_workers=1)
    n_done = disturbance.run(kinds, share_in_recovery=0.0, calm_s=0.0)
    assert n_done == len(kinds), "the campaign ended before it was disturbed often enough"
    check(disturbance.record, observed(done.home))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    kills = ["--control", "6", "--compute", "6", "--worker", "5", "--ray", "3", "--mlflow", "0"]
    assert SHARE_IN_RECOVERY > 0
    assert CALM_S > 0
    assert main([*kills, "--folder", str(tmp_path / "kills")]) == 0


def test_the_table_tells_how_long_it_took_by_kind() -> None:
    kills = [
        Kill("control", False, 1.0, control_back_s=2.0, evaluating_s=10.0),
        Kill("control", True, 9.0, control_back_s=3.0),
        Kill("worker", False, 20.0, evaluating_s=1.0),
    ]
    lines = table(kills).splitlines()
    assert "| control | 2 | 1 | 2.5 / 3.0 / 3.0 | 10.0 / 10.0 / 10.0 |" in lines
    assert "| worker | 1 | 0 | – | 1.0 / 1.0 / 1.0 |" in lines
    assert "| all | 3 | 1 | 2.5 / 3.0 / 3.0 | 5.5 / 10.0 / 10.0 |" in lines
