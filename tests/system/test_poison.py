"""Jobs that end their workers or never come back cost the campaign those jobs and nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from controller.events import AttemptLost, Finished, Observed
from experiments.observation import FailureKind
from tests.system.poison import DEADLY, ENDLESS, install
from tests.system.tiny_session import CAMPAIGN, computes_below, events, finish, start

DEADLINE_S = 20
POISONED = (
    CAMPAIGN.replace("porosity: 0.35", "porosity: 0.32")
    .replace("model: SPM}", f"model: SPM, deadline_s: {DEADLINE_S}}}", 1)  # coarse alone
    .replace("{coarse: 12, fine: 3}", "{coarse: 7, fine: 1}")
) + "generator: poison\n"


@pytest.mark.timeout(600)
def test_poison_is_quarantined_and_what_hangs_is_ended(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(POISONED)
    install(tmp_path / "elsewhere")
    ended = finish(tmp_path, start(tmp_path, "--workers", "2"))
    assert ended.status == 0, ended.err
    told = events(ended.home)
    assert isinstance(told[-1], Finished)
    lost = Counter(event.job_id for event in told if isinstance(event, AttemptLost))
    found = Counter[str]()
    for event in told:
        if not isinstance(event, Observed):
            continue
        job, failure = event.observation.job, event.observation.failure
        porosity = job.design.values["positive.porosity"]
        kind = failure.kind if failure else None
        if DEADLY[0] < porosity < DEADLY[1]:
            assert kind is FailureKind.worker_died
            assert lost.pop(job.id) == 3
            assert failure is not None
            assert "3 workers died under this job" in failure.message
        elif ENDLESS[0] < porosity < ENDLESS[1]:
            assert kind is FailureKind.timed_out
            assert failure is not None
            assert f"not done after {DEADLINE_S} s; generate was under way" in failure.message
            assert event.observation.provenance.busy_s >= DEADLINE_S
        else:
            assert kind is None
        found[str(kind)] += 1
    assert found[str(FailureKind.worker_died)] >= 1
    assert found[str(FailureKind.timed_out)] >= 1
    assert found["None"] >= 3
    assert not lost, "a job lost an attempt to another one's death"
    assert computes_below(tmp_path) == []
