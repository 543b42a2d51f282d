"""Stations take one build after the other, people work by day, and nothing overlaps."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.lab_simulator.schedule import DAY_S, HOUR_S, STATIONS, Shift, plan_work


def planned(n_builds: int, n_cells: int, seed: int):
    tasks, per_build = [], []
    for _ in range(n_builds):
        new = plan_work(n_cells, 30 * HOUR_S, now_s=8 * HOUR_S, taken=tasks, random=Random(seed))
        tasks += new
        per_build.append(new)
    return per_build


@settings(max_examples=30, deadline=None)
@given(n_builds=st.integers(1, 5), n_cells=st.integers(1, 8), seed=st.integers(0, 99))
def test_a_place_works_on_one_thing_at_a_time(n_builds, n_cells, seed) -> None:
    tasks = [task for build in planned(n_builds, n_cells, seed) for task in build]
    for station in STATIONS:
        for slot in range(station.n_slots):
            mine = sorted(
                (t.starts_s, t.ends_s) for t in tasks if (t.station, t.slot) == (station.name, slot)
            )
            for (_, ended), (begun, _) in pairwise(mine):
                assert begun >= ended


@settings(max_examples=30, deadline=None)
@given(n_cells=st.integers(1, 8), seed=st.integers(0, 99))
def test_a_build_passes_the_stations_in_order_and_people_begin_by_day(n_cells, seed) -> None:
    (build,) = planned(1, n_cells, seed)
    order = [station.name for station in STATIONS]
    assert sorted(build, key=lambda t: (order.index(t.station), t.starts_s)) == list(build)
    for task in build:
        if task.station != "cycling":
            assert 8 * HOUR_S <= task.starts_s % DAY_S < 18 * HOUR_S
    assert [t.cell for t in build if t.station == "cycling"] == list(range(1, n_cells + 1))


def test_a_shift_begins_in_the_morning() -> None:
    shift = Shift()
    assert shift.start_within(3 * HOUR_S) == 8 * HOUR_S
    assert shift.start_within(9 * HOUR_S) == 9 * HOUR_S
    assert shift.start_within(20 * HOUR_S) == DAY_S + 8 * HOUR_S


def test_a_second_build_waits_for_the_coater() -> None:
    first, second = planned(2, 2, 1)
    assert second[0].starts_s >= first[0].ends_s
