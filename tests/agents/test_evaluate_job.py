from __future__ import annotations

from pathlib import Path

import pytest

from agents.clock import Clock
from agents.evaluate_job import evaluate_job
from experiments.campaign import PartChoice
from experiments.errors import Invalid
from experiments.fidelity import Fidelity
from tests.agents.tiny_campaign import job, tiny_campaign

CHEAP = Fidelity(name="coarse", voxels=16, voxel_size_um=1.5, mesh_points=5, model="SPM")


def test_a_job_goes_through_every_stage_by_name_and_its_dates_are_the_clocks(
    tmp_path: Path,
) -> None:
    campaign = tiny_campaign(fidelities=(CHEAP, CHEAP.model_copy(update={"name": "fine"})))
    clock = Clock(monotonic_s=lambda: 0.0, now=lambda: "2026-03-02T09:00:00+00:00")
    told: list[str] = []
    observation = evaluate_job(
        campaign, job(campaign), str(tmp_path), progress=told.append, clock=clock
    )
    assert observation.failure is None
    assert told == ["import", "generate 0", "characterize 0", "evaluate 100 W"]
    assert observation.provenance.started_at == "2026-03-02T09:00:00+00:00"
    told.clear()
    again = evaluate_job(campaign, job(campaign), str(tmp_path), progress=told.append)
    assert told == ["import"]
    assert again.metrics == observation.metrics


def test_an_unknown_part_is_told_before_anything_runs(tmp_path: Path) -> None:
    campaign = tiny_campaign(generator=PartChoice(name="magic"))
    with pytest.raises(Invalid, match="'magic' is not known; allowed: stochastic"):
        evaluate_job(campaign, job(campaign), str(tmp_path))
    assert not list(tmp_path.iterdir())
