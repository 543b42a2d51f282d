"""Columns of plain numbers beside observations, and what they are asked for."""

from __future__ import annotations

import json
import math
import random

import pytest

from controller.front import is_feasible
from controller.growing_map import GrowingMap
from controller.point_columns import PointColumns
from controller.points import points_of
from controller.state import State
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.design_space import Categorical, Continuous, DesignSpace, Integer
from experiments.job import new_job
from experiments.observation import FailureKind, Metric, Observation, Provenance
from tests.controller.doubles import fail, small_campaign

ENERGY = "specific_energy_Wh_per_kg@150W"


def campaign() -> Campaign:
    """Return a campaign with a parameter of every kind."""
    space = DesignSpace(
        parameters=(
            Continuous(name="positive.porosity", low=0.2, high=0.5),
            Integer(name="positive.layers", low=1, high=4),
            Categorical(name="positive.binder", choices=("pvdf", "cmc")),
        )
    )
    return small_campaign().model_copy(update={"design": space})


def some(n: int, of: Campaign, seed: int = 1) -> list[Observation]:
    rng, key, found = random.Random(seed), of.metric_key(of.objectives[0]), []
    for i in range(n):
        design = Design(
            values={
                "positive.porosity": rng.uniform(0.2, 0.5),
                "positive.layers": rng.randint(1, 4),
                "positive.binder": rng.choice(["pvdf", "cmc"]),
            }
        )
        if i % 7 == 3:
            design = Design(values={"positive.porosity": 0.3})
        purpose = "baseline" if i in (0, 5) else "search"
        level = rng.choice(["coarse", "fine"])
        job = new_job("small", design, level, campaign_seed=i, purpose=purpose)
        if rng.random() < 0.2:
            found.append(fail(job, rng.choice(list(FailureKind))))
            continue
        value = None if rng.random() < 0.1 else rng.gauss(200, 3)
        metric = Metric(value=value, reason=None if value is not None else "undefined")
        started = f"2026-03-02T09:{i % 60:02}:00+00:00" if i % 3 else None
        provenance = Provenance(busy_s=rng.uniform(1, 9), started_at=started)
        metrics = {key: metric, "other": Metric(value=1.0, samples=(1.0, 2.0), bias=0.1)}
        found.append(Observation(job=job, metrics=metrics, provenance=provenance))
    return found


def state_of(rows: list[Observation], of: Campaign) -> State:
    entries = GrowingMap({one.job.id: one for one in rows})
    return State(of, "", "", "", observations=entries)


def test_the_columns_say_what_the_observations_say() -> None:
    of = campaign()
    rows = some(200, of)
    points, key = points_of(state_of(rows, of)), of.metric_key(of.objectives[0])
    assert list(points.ids) == [one.job.id for one in rows]
    searched = [n for n, one in enumerate(rows) if one.job.purpose == "search"]
    assert points.search.tolist() == searched
    assert points.baseline == [0, 5]
    values = points.value(key)
    for n, one in enumerate(rows):
        assert points.design(n) == one.job.design
        assert points.level(n) == one.job.fidelity
        assert points.failure(n) == (None if one.failure is None else one.failure.kind.value)
        assert points.is_feasible[n] == is_feasible(of, one)
        found = one.value(key)
        assert values[n] == found or (found is None and math.isnan(values[n]))
        assert points.busy_s[n] == one.provenance.busy_s
        assert math.isnan(points.started_s[n]) == (one.provenance.started_at is None)
        for name, value in one.job.design.values.items():
            assert points.parameter(name, n) == value
    assert points.columns == {key: (False, False), "other": (True, True)}
    assert math.isnan(points.value("unknown")[0])


def test_every_observation_of_a_design_is_found_and_no_other() -> None:
    of = campaign()
    rows = some(120, of)
    points = points_of(state_of(rows, of))
    for one in rows[::5]:
        same = [n for n, other in enumerate(rows) if other.job.design == one.job.design]
        assert points.of_design(one.job.design) == same
    assert points.of_design(Design(values={"positive.porosity": 0.123})) == []


def test_points_stay_as_they_are_while_the_campaign_goes_on() -> None:
    of = campaign()
    rows = some(60, of)
    early: GrowingMap[str, Observation] = GrowingMap()
    for one in rows[:20]:
        early = early.plus(one.job.id, one)
    seen = points_of(State(of, "", "", "", observations=early))
    late = early
    for one in rows[20:]:
        late = late.plus(one.job.id, one)
    assert len(points_of(State(of, "", "", "", observations=late))) == 60
    assert len(seen) == 20
    assert len(points_of(State(of, "", "", "", observations=early))) == 20


@pytest.mark.parametrize("n", [0, 1, 90])
def test_recorded_columns_go_on_as_the_counted_ones_do(n: int) -> None:
    of = campaign()
    rows = some(120, of)
    counted = PointColumns(of)
    for one in rows:
        counted.add(one)
    early = PointColumns(of)
    for one in rows[:n]:
        early.add(one)
    for record in (early.record(n), counted.record(n)):
        restored = PointColumns.restored(of, json.loads(json.dumps(record, allow_nan=False)))
        assert len(restored) == n
        for one in rows[n:]:
            restored.add(one)
        assert restored.odd == counted.odd
        assert json.dumps(restored.record(120)) == json.dumps(counted.record(120))


def test_columns_of_another_machine_or_of_several_lengths_are_refused() -> None:
    of = campaign()
    columns = PointColumns(of)
    for one in some(4, of):
        columns.add(one)
    record = columns.record(4)
    assert isinstance(record, dict)
    with pytest.raises(ValueError, match="another machine"):
        PointColumns.restored(of, record | {"byteorder": "middle"})
    parts = dict(record["bytes"])  # type: ignore[arg-type]
    parts["times busy_s"] = ""
    with pytest.raises(ValueError, match="lengths"):
        PointColumns.restored(of, record | {"bytes": parts})
