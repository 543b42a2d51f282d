"""A journal that is read piece by piece: what is shown meanwhile, and what it costs."""

from __future__ import annotations

import sqlite3
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller import folding as folding_module
from controller.clock import SystemClock
from controller.events import Paused
from controller.fold import fold
from controller.folding import N_TAIL, Folding
from controller.follower import Followed, Follower
from controller.home import Home
from controller.journal import Anchor, Journal, JournalReader
from controller.kept_state import keep_state, kept_state_path, read_kept_state
from controller.packed_list import Codec
from controller.packing import is_packed
from controller.state import State
from controller.tally import tally
from experiments.errors import Rejected
from tests.benchmarks.long_campaign import write_long
from tests.controller.synthetic_campaign import write_campaign

N_EVENTS = 1600


@pytest.fixture(scope="module")
def long_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A campaign of realistic results, several pieces long; nobody changes it."""
    home, _ = write_long(tmp_path_factory.mktemp("long") / "home", N_EVENTS)
    return home


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return what was decoded of packed values."""
    seen: list[object] = []
    unpack = Codec.unpack

    def noted(self: Codec[object], packed: bytes) -> object:
        value = unpack(self, packed)
        seen.append(value)
        return value

    monkeypatch.setattr(Codec, "unpack", noted)
    return seen


def whole(home: Home) -> State:
    with JournalReader(home.journal) as reader:
        state = fold(reader.read("quickstart"))
    assert state is not None
    return state


def test_reading_in_pieces_ends_with_the_state_of_folding_everything(
    long_home: Home, decoded: list[object]
) -> None:
    found = Folding(long_home)
    found.begin()
    n_pieces = sum(1 for _ in found.pieces())
    found.close()
    state = found.states["quickstart"]
    assert n_pieces > 5
    assert is_packed(state.observations)
    assert is_packed(state.dispatches)
    assert tally(state).n == len(state.observations)
    assert decoded == []  # everything was counted before it was packed
    assert state == whole(long_home)
    assert [one.position for one in found.tails["quickstart"]] == list(
        range(N_EVENTS - N_TAIL + 1, N_EVENTS + 1)
    )


def test_the_pieces_that_were_checked_are_shown_while_the_rest_is_read(long_home: Home) -> None:
    shown: list[Followed] = []
    follower = Follower(long_home, lambda name: shown.append(follower.campaigns[name]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("controller.follower._SHOW_EVERY_S", 0.0)
        follower.start()
    follower.close()
    assert len(shown) > 5
    positions = [one.state.position for one in shown]
    assert positions == sorted(positions)
    assert [one.is_whole for one in shown] == [False] * (len(shown) - 1) + [True]
    assert shown[-1].state.position == N_EVENTS
    for one in shown[:-1]:
        assert one.tail[-1].position == one.state.position
        assert tally(one.state).n == len(one.state.observations)


def test_whoever_starts_need_not_wait_for_the_end(
    long_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, may_go_on = Folding._take, threading.Event()

    def waiting(self: Folding, piece: list[object]) -> None:
        if self.anchor.position:
            may_go_on.wait(30)
        take(self, piece)  # type: ignore[arg-type]

    monkeypatch.setattr(Folding, "_take", waiting)
    follower = Follower(long_home)
    follower.start(patience_s=0.2)
    try:
        reading = follower.reading
        assert reading is not None
        assert reading[0] < N_EVENTS
        may_go_on.set()
        follower.catch_up(30)
        assert follower.reading is None
        assert follower.campaigns["quickstart"].is_whole
    finally:
        may_go_on.set()
        follower.close()


def test_the_folded_campaign_takes_little_memory(long_home: Home) -> None:
    """As objects an observation takes 31 kB; here, with its job and all figures, a fifth of it."""
    tracemalloc.start()
    try:
        found = Folding(long_home)
        pieces = found.pieces()
        while found.anchor.position < 1000:  # the latest 256 of each stay objects
            next(pieces)
        before, n_before = tracemalloc.get_traced_memory()[0], found.anchor.position
        for _ in pieces:
            pass
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        found.close()
    n_jobs = (found.anchor.position - n_before) / 2
    assert n_jobs > 250
    assert held / n_jobs < 6000


def copied(home: Home, place: Path) -> Home:
    place.mkdir()
    with (
        closing(sqlite3.connect(home.journal)) as source,
        closing(sqlite3.connect(place / "journal.db")) as target,
    ):
        source.backup(target)
    return Home(place)


def test_a_long_reading_is_kept_for_the_next_start(
    long_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[object]
) -> None:
    home = copied(long_home, tmp_path / "home")
    monkeypatch.setattr(folding_module, "EVERY", 1000)
    first = Follower(home)
    first.start()
    first.close()
    kept = read_kept_state(home, "quickstart")
    assert kept is not None
    assert kept.state == first.campaigns["quickstart"].state
    n_counted = len(decoded)

    second = Folding(home)
    second.begin()
    assert second.states["quickstart"].position == N_EVENTS  # before a row was looked at
    assert tally(second.states["quickstart"]).n == len(kept.state.observations)
    for _ in second.pieces():
        pass
    second.close()
    assert second.keep() is None  # nothing was folded
    assert second.states["quickstart"].position == N_EVENTS
    restored = len(decoded) - n_counted
    assert restored < 20  # the best, the baseline and the last failure


def test_a_short_reading_is_not_kept(long_home: Home, tmp_path: Path) -> None:
    home = copied(long_home, tmp_path / "home")
    follower = Follower(home)
    follower.start()
    follower.close()
    assert not kept_state_path(home, "quickstart").exists()


def test_events_behind_a_kept_state_are_checked_though_they_are_not_folded(
    tmp_path: Path,
) -> None:
    home, name = write_campaign(tmp_path / "home", n=6, is_finished=False)
    with JournalReader(home.journal) as reader:
        state = fold(reader.read(name))
        assert state is not None
        keep_state(home, state, reader.verified)
    with closing(Journal(home.journal, SystemClock())) as journal:
        journal.append(name, [Paused(by="anna", reason="oven")])
    with closing(sqlite3.connect(home.journal)) as connection:
        connection.execute("DROP TRIGGER events_stay")
        connection.execute("UPDATE events SET session_s = 99 WHERE position = 3")
        connection.commit()
        connection.execute(
            "CREATE TRIGGER events_stay BEFORE UPDATE ON events\n"
            "BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"
        )
    found = Folding(home)
    found.begin()
    assert found.states[name].position == state.position
    with pytest.raises(Rejected, match="damaged at position 3"):
        list(found.pieces())
    found.close()
    follower = Follower(home)
    follower.start()
    try:
        assert follower.fault is not None
        assert "damaged at position 3" in follower.fault
        assert follower.campaigns == {}  # nothing is told from a chain that does not hold
    finally:
        follower.close()


def test_damage_at_the_end_of_a_long_journal_takes_back_what_was_shown(
    long_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copied(long_home, tmp_path / "home")
    data = bytearray(home.journal.read_bytes())
    place = data.rindex(b'"kind":"interrupted"')
    data[place + 10] ^= 1
    home.journal.write_bytes(data)
    monkeypatch.setattr("controller.follower._SHOW_EVERY_S", 0.0)
    opened: list[Anchor] = []
    pieces = Folding.pieces

    def counted(self: Folding) -> Iterator[None]:
        opened.append(self.anchor)
        return pieces(self)

    monkeypatch.setattr(Folding, "pieces", counted)
    told: list[str] = []
    follower = Follower(home, told.append)
    follower.start()
    try:
        assert told  # it was shown as far as the chain held
        assert follower.campaigns == {}
        assert follower.fault is not None
        follower.catch_up(2)
        assert opened == [Anchor()]  # files that did not change are not read again
        assert follower.fault is not None
    finally:
        follower.close()
