from __future__ import annotations

from pathlib import Path

import pytest

from controller.fold import fold
from controller.journal import JournalReader
from controller.packing import is_packed, packed
from controller.state import State
from experiments.budget import Budget
from tests.controller.doubles import FakeCompute, small_campaign
from tests.controller.test_control import World
from tests.controller.test_retention import result


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a campaign of more jobs than stay objects."""
    monkeypatch.setattr("controller.packed_list.RECENT", 4)
    campaign = small_campaign(budget=Budget(evaluations={"coarse": 20, "fine": 4}))
    world = World(tmp_path, campaign)
    world.session(FakeCompute(result=result, seed=3))
    return world


def n_packed(state: State) -> int:
    values = state.observations.storage_values  # type: ignore[attr-defined]
    return sum(isinstance(one, bytes) for one in list.__iter__(values))


def test_a_packed_state_is_the_same_state(world: World) -> None:
    with JournalReader(world.path) as journal:
        plain = fold(journal.read("small"))
        lean = fold(journal.read("small"), packs=True)
    assert plain is not None
    assert lean is not None
    assert lean == plain
    assert n_packed(lean) == len(lean.observations) - 4
    assert packed(plain) == plain
    assert not is_packed(plain.observations)
    assert is_packed(packed(plain).dispatches)
    assert packed(lean).observations is lean.observations


def test_control_works_on_a_packed_state(world: World) -> None:
    outcome = world.session(FakeCompute(result=result, seed=3))
    assert is_packed(outcome.state.observations)
    assert is_packed(outcome.state.dispatches)
    assert outcome.state == world.state()
