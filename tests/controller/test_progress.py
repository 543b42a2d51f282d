from __future__ import annotations

from controller.events import CampaignStarted, ComputeStarted, Dispatched, Finished, Observed
from controller.fold import fold
from controller.progress import Moment, take_snapshot
from controller.snapshot import Phase, Snapshot
from experiments.job import Job, new_job
from tests.controller.doubles import MemoryJournal, fail, observe, small_campaign

CAMPAIGN = small_campaign()


def job(unit: float, fidelity: str, purpose: str = "search") -> Job:
    design = CAMPAIGN.design.from_unit([unit])
    return new_job("small", design, fidelity, campaign_seed=3, purpose=purpose)  # type: ignore[arg-type]


def shown(journal: MemoryJournal, moment: Moment | None = None) -> Snapshot:
    state = fold(journal.stored)
    assert state is not None
    return take_snapshot(state, moment or Moment(n_workers=2, n_busy=1))


def begun() -> MemoryJournal:
    journal = MemoryJournal()
    journal.append("small", [CampaignStarted(campaign=CAMPAIGN, source="", text="")])
    return journal


def test_a_campaign_passes_through_its_phases() -> None:
    journal = begun()
    assert shown(journal, Moment()).phase is Phase.starting_compute
    journal.append("small", [ComputeStarted(slots=2, versions={}, stage_versions={})])
    assert shown(journal).phase is Phase.first_designs
    assert shown(journal, Moment()).phase is Phase.restarting_compute
    first = job(0.1, "coarse")
    journal.append("small", [Dispatched(job=first), Observed(observation=observe(first))])
    assert shown(journal).phase is Phase.searching
    assert shown(journal, Moment(n_workers=2, is_stopping=True)).phase is Phase.stopping
    journal.append("small", [Finished(reason="budget")])
    assert shown(journal).phase is Phase.finished


def test_levels_count_done_failed_running_and_allowed() -> None:
    journal = begun()
    jobs = [
        job(0.1, "coarse"),
        job(0.2, "coarse"),
        job(0.3, "coarse"),
        job(0.5, "fine", "baseline"),
    ]
    journal.append("small", [Dispatched(job=one) for one in jobs])
    journal.append("small", [Observed(observation=observe(jobs[0]))])
    journal.append("small", [Observed(observation=fail(jobs[1]))])
    found = shown(journal)
    coarse, fine = found.levels
    assert (coarse.n_done, coarse.n_failed, coarse.n_in_flight, coarse.budget) == (2, 1, 1, 6)
    assert (fine.n_done, fine.n_in_flight, fine.is_target) == (0, 0, True)
    assert found.failures == {"not_percolating": 1}
    assert found.last_failure_message == "as arranged"


def test_the_best_is_shown_beside_the_baseline_of_the_same_level() -> None:
    journal = begun()
    rows = [
        observe(job(0.1, "coarse"), 210),
        observe(job(0.5, "coarse", "baseline"), 205),
        observe(job(0.5, "fine", "baseline"), 200),
    ]
    for row in rows:
        journal.append("small", [Dispatched(job=row.job), Observed(observation=row)])
    found = shown(journal)
    assert found.best is not None
    assert found.baseline is not None
    assert (found.best.value, found.best.fidelity, found.baseline.value) == (210, "coarse", 205)
    at_target = observe(job(0.2, "fine"), 190)
    journal.append("small", [Dispatched(job=at_target.job), Observed(observation=at_target)])
    found = shown(journal)
    assert found.best is not None
    assert found.baseline is not None
    assert (found.best.value, found.baseline.value) == (190, 200)


def test_the_time_left_is_the_work_left_over_the_workers() -> None:
    journal = begun()
    for n in range(3):
        row = observe(job(0.1 * n, "coarse"), busy_s=2.0)
        journal.append("small", [Dispatched(job=row.job), Observed(observation=row)])
    row = observe(job(0.1, "fine"), busy_s=10.0)
    journal.append("small", [Dispatched(job=row.job), Observed(observation=row)])
    # 3 coarse at 2 s and 2 fine at 10 s over 2 workers.
    assert shown(journal).left_s == (3 * 2.0 + 2 * 10.0) / 2
    assert shown(journal, Moment()).left_s is None
