from __future__ import annotations

import random
from collections import Counter

import pytest

from controller.front import front
from controller.growing_map import GrowingMap
from controller.interval import pooled_scatter
from controller.state import State
from controller.tally import Tally, tally, tally_of
from experiments.design import Design
from experiments.job import new_job
from experiments.observation import FailureKind, Metric, Observation, Provenance
from tests.controller.doubles import fail, small_campaign

ENERGY = "specific_energy_Wh_per_kg"
CAMPAIGN = small_campaign()


def some(n: int, seed: int = 0) -> list[Observation]:
    """Return observations of both levels, some of them failed, some the baseline's."""
    rng = random.Random(seed)
    found = []
    for i in range(n):
        level = rng.choice(["coarse", "fine"])
        purpose = "baseline" if i in (0, 3) else "search"
        design = Design(values={"positive.porosity": rng.uniform(0.2, 0.5)})
        job = new_job("small", design, level, campaign_seed=i, purpose=purpose)
        if rng.random() < 0.2:
            found.append(fail(job, rng.choice(list(FailureKind))))
            continue
        samples = tuple(rng.gauss(200, 3) for _ in range(rng.choice([1, 2, 3])))
        metric = Metric(value=sum(samples) / len(samples), samples=samples)
        record = Provenance(busy_s=rng.uniform(1, 9))
        found.append(Observation(job=job, metrics={ENERGY: metric}, provenance=record))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_figures_are_those_of_counting_anew(seed: int) -> None:
    rows = some(120, seed)
    counted = tally_of(CAMPAIGN, rows)
    searched = [row for row in rows if row.job.purpose == "search"]
    assert counted.n_searched == Counter(row.job.fidelity for row in searched)
    assert counted.n_failed == Counter(row.job.fidelity for row in searched if row.is_failed)
    kinds = [row.failure.kind.value for row in rows if row.failure is not None]
    assert list(counted.failures.items()) == list(Counter(kinds).items())
    assert counted.last_failed == [row for row in rows if row.is_failed][-1]
    for level in ("coarse", "fine"):
        at_level = [row for row in searched if row.job.fidelity == level]
        assert counted.best[level] == front(CAMPAIGN, at_level)[0]
        scatter, expected = counted.scatter(ENERGY, level), pooled_scatter(rows, ENERGY, level)
        assert scatter is not None
        assert expected is not None
        assert scatter.degrees == expected.degrees
        assert scatter.sd == pytest.approx(expected.sd, rel=1e-12)


def energies(*values: float | FailureKind | None) -> list[Observation]:
    found = []
    for i, value in enumerate(values):
        job = new_job("small", Design(values={"n": i}), "fine", campaign_seed=0)
        if isinstance(value, float):
            found.append(Observation(job=job, metrics={ENERGY: Metric(value=value)}))
        else:
            found.append(fail(job, value or FailureKind.not_percolating))
    return found


def test_the_count_since_the_last_improvement_knows_failures_apart() -> None:
    def n_idle(*values: float | FailureKind | None) -> int:
        return tally_of(CAMPAIGN, energies(*values)).n_idle

    assert n_idle(1.0, 5.0, 5.0, None) == 2
    assert n_idle(1.0, 5.0, 5.0, None, FailureKind.timed_out) == 2
    assert n_idle(1.0, 5.0, 5.0, None, 6.0) == 0


def state_of(rows: GrowingMap[str, Observation]) -> State:
    return State(CAMPAIGN, "", "", "", observations=rows)


def test_a_later_state_is_counted_on_from_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    add = Tally.add

    def noted(self: Tally, observation: Observation) -> None:
        counted.append(observation.job.id)
        add(self, observation)

    monkeypatch.setattr(Tally, "add", noted)
    rows: GrowingMap[str, Observation] = GrowingMap()
    for row in some(30):
        rows = rows.plus(row.job.id, row)
        assert tally(state_of(rows)).n == len(rows)
        assert tally(state_of(rows)) is tally(state_of(rows))
    assert counted == list(rows)


def test_a_tally_stays_as_it_was_when_the_campaign_goes_on() -> None:
    rows: GrowingMap[str, Observation] = GrowingMap()
    everything, seen = some(40), []
    for row in everything:
        rows = rows.plus(row.job.id, row)
        seen.append(tally(state_of(rows)))
    for n, one in enumerate(seen, start=1):
        assert vars(one) == vars(tally_of(CAMPAIGN, everything[:n]))


def test_the_front_is_that_of_comparing_all_with_all() -> None:
    campaign = small_campaign()
    second = campaign.objectives[0].model_copy(
        update={"name": "loading", "metric": "areal_capacity_mAh_per_cm2", "at_power_W": None}
    )
    campaign = campaign.model_copy(update={"objectives": (*campaign.objectives, second)})
    rng, rows = random.Random(5), []
    for i in range(300):
        job = new_job("small", Design(values={"n": i}), "fine", campaign_seed=0)
        values = {name: float(rng.randrange(90)) for name in (ENERGY, "areal_capacity_mAh_per_cm2")}
        metrics = {name: Metric(value=value) for name, value in values.items()}
        rows.append(Observation(job=job, metrics=metrics))
    expected = [one.job.id for one in front(campaign, rows)]
    assert len(expected) > 3
    assert tally_of(campaign, rows).on_front == expected


def test_an_earlier_state_is_counted_by_itself() -> None:
    everything = some(30)
    early: GrowingMap[str, Observation] = GrowingMap()
    for row in everything[:10]:
        early = early.plus(row.job.id, row)
    late = early
    for row in everything[10:]:
        late = late.plus(row.job.id, row)
    assert tally(state_of(late)).n == 30
    assert tally(state_of(early)).n_searched == tally_of(CAMPAIGN, everything[:10]).n_searched
    assert tally(state_of(late)).n_searched == tally_of(CAMPAIGN, everything).n_searched
