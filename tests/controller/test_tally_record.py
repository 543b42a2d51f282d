from __future__ import annotations

import json

import pytest

from controller.growing_map import GrowingMap
from controller.state import State
from controller.tally import tally
from controller.tally_record import restore_tally, tally_record
from experiments.observation import Observation
from tests.controller.test_tally import CAMPAIGN, some


def state_of(rows: list[Observation]) -> State:
    entries = GrowingMap({one.job.id: one for one in rows})
    return State(CAMPAIGN, "small.yaml", "", "2026-01-01", observations=entries)


@pytest.mark.parametrize("n", [0, 1, 90])
def test_a_recorded_tally_goes_on_as_the_counted_one_does(n: int) -> None:
    rows = some(120)
    early, late = state_of(rows[:n]), state_of(rows)
    record = json.loads(json.dumps(tally_record(early)))
    restore_tally(late, record)
    assert vars(tally(late)) == vars(tally(state_of(rows)))


def test_a_tally_that_has_seen_more_than_the_state_is_not_recorded() -> None:
    rows = some(10)
    early = state_of(rows[:9])
    assert isinstance(early.observations, GrowingMap)
    later = early.observations.plus(rows[9].job.id, rows[9])
    tally(State(CAMPAIGN, "small.yaml", "", "2026-01-01", observations=later))
    record = tally_record(early)
    assert isinstance(record, dict)
    assert record["n"] == 9


def test_without_a_record_everything_is_counted() -> None:
    state = state_of(some(5))
    restore_tally(state, None)
    assert tally(state).n == 5
