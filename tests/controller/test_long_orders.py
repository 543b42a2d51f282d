"""Orders on a long campaign that nobody works on: what is read for them, and what is not."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from controller import obey as obey_module
from controller.events import Recorded
from controller.fold import fold
from controller.follower import Follower
from controller.growing_map import GrowingMap
from controller.home import Home
from controller.journal import JournalReader
from controller.journal import reader as reader_module
from controller.journal.hash_chain import Row
from controller.journal.rows import recorded
from controller.kept_state import keep_state
from controller.obey import Obeyed, obey
from controller.operate import operate
from controller.order import Pause, Resume
from controller.packed_list import Codec
from controller.packing import is_packed
from controller.state import State
from controller.stored_campaign import find_campaign
from experiments.errors import Invalid, Rejected
from tests.benchmarks.long_campaign import write_long

NAME = "quickstart"
N_EVENTS = 1000


@pytest.fixture(scope="module")
def long_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home, _ = write_long(tmp_path_factory.mktemp("long") / "home", N_EVENTS)
    return home


@pytest.fixture
def home(long_home: Home, tmp_path: Path) -> Home:
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home")
    with (
        closing(sqlite3.connect(long_home.journal)) as source,
        closing(sqlite3.connect(home.journal)) as target,
    ):
        source.backup(target)
    return home


class Seen:
    """What orders were decided on, and what was decoded for them by their thread."""

    def __init__(self) -> None:
        self.states: list[State] = []
        self.n_events = 0
        self.n_results = 0


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    seen, unpack, mine = Seen(), Codec.unpack, threading.get_ident()

    def noted(order: Pause, state: State, by: str, **more: bool) -> Obeyed:
        seen.states.append(state)
        return obey(order, state, by, **more)  # type: ignore[arg-type]

    def counted(row: Row) -> Recorded:
        seen.n_events += threading.get_ident() == mine
        return recorded(row)

    def unpacked(self: Codec[object], packed: bytes) -> object:
        seen.n_results += threading.get_ident() == mine
        return unpack(self, packed)

    monkeypatch.setattr(obey_module, "obey", noted)
    monkeypatch.setattr(reader_module, "recorded", counted)
    monkeypatch.setattr(Codec, "unpack", unpacked)
    return seen


def folded(home: Home) -> State:
    with JournalReader(home.journal) as reader:
        state = fold(reader.read(NAME))
    assert state is not None
    return state


def test_an_order_folds_the_campaign_packed(home: Home, seen: Seen) -> None:
    operate(home, Pause(campaign=NAME, reason="oven"))
    (state,) = seen.states
    assert is_packed(state.observations)
    assert is_packed(state.dispatches)
    assert (seen.n_events, seen.n_results) == (N_EVENTS, 0)
    after = folded(home)
    assert after.pause is not None
    assert after.pause.reason == "oven"


def test_an_order_begins_with_the_kept_state(home: Home, seen: Seen) -> None:
    with JournalReader(home.journal) as reader:
        keep_state(home, folded(home), reader.verified)
    seen.n_events = 0
    operate(home, Pause(campaign=NAME, reason="oven"))
    operate(home, Resume(campaign=NAME))
    assert (seen.n_events, seen.n_results) == (1, 0)  # the resumption reads the pause
    assert is_packed(seen.states[-1].observations)
    assert folded(home).position == N_EVENTS + 2


def test_an_order_of_the_service_begins_with_what_it_follows(home: Home, seen: Seen) -> None:
    follower = Follower(home)
    follower.start()
    try:
        before = follower.campaigns[NAME].state
        operate(home, Pause(campaign=NAME, reason="oven"), known=follower.known(NAME))
        follower.catch_up()
        after = follower.campaigns[NAME].state
        assert after.pause is not None
        assert after.pause.reason == "oven"
        assert (seen.n_events, seen.n_results) == (0, 0)
        for name in ("observations", "dispatches"):
            one, other = getattr(before, name), getattr(after, name)
            assert one.storage_values is other.storage_values  # the follower copied nothing
            assert one.storage_values is getattr(seen.states[0], name).storage_values
    finally:
        follower.close()


def test_the_campaign_an_order_is_for_is_found_without_reading_it(home: Home, seen: Seen) -> None:
    assert find_campaign(home.path, None) == (home, NAME)
    with pytest.raises(Invalid, match=f"holds no campaign 'other'; it holds: {NAME}"):
        find_campaign(home.path, "other")
    assert seen.n_events == 0


def test_what_the_service_follows_counts_only_where_the_journal_holds_it(
    home: Home, seen: Seen
) -> None:
    follower = Follower(home)
    follower.start()
    try:
        known = follower.known(NAME)
    finally:
        follower.close()
    assert known is not None
    wrong = known._replace(anchor=known.anchor._replace(hash="0" * 64))
    operate(home, Pause(campaign=NAME), known=wrong)
    assert seen.n_events == N_EVENTS


def test_no_order_is_stored_behind_damage_that_a_known_state_lies_past(home: Home) -> None:
    follower = Follower(home)
    follower.start()
    try:
        known = follower.known(NAME)
    finally:
        follower.close()
    data = bytearray(home.journal.read_bytes())
    data[data.index(b'"kind":"observed"') + 9] ^= 1
    home.journal.write_bytes(data)
    with pytest.raises(Rejected, match="damaged at position"):
        operate(home, Pause(campaign=NAME), known=known)


def test_adding_to_a_lent_map_leaves_its_owner_alone() -> None:
    mine: GrowingMap[str, int] = GrowingMap({"a": 1})
    theirs = mine.lent().plus("b", 2).plus("c", 3)
    grown = mine.plus("d", 4)
    assert dict(theirs) == {"a": 1, "b": 2, "c": 3}
    assert dict(grown) == {"a": 1, "d": 4}
    assert grown.storage_values is mine.storage_values
    assert theirs.storage_values is not mine.storage_values
    assert dict(mine.lent()) == dict(mine) == {"a": 1}
