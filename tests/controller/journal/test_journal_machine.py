"""Anything may happen to a journal in its home; a plain list of events is what it must agree with.

By default few runs; ``CELLWRIGHT_MACHINE_RUNS`` sets how many, and the slow set makes 2,000.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controller.backup import back_up
from controller.events import ComputeLost
from controller.home import Home, HomeLock, make_home
from controller.journal import Anchor, Journal, JournalReader
from controller.journal.salvage import Salvage
from controller.repair import repair
from experiments.errors import DiskFull, HomeInUse, Rejected
from tests.controller.doubles import ManualClock

NAMES = st.sampled_from(["a", "b"])
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class JournalMachine(RuleBasedStateMachine):
    """One home; at most one control that holds it, and old ones that think they still do."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="machine"))
        self.events: list[tuple[str, str]] = []
        self.epoch = 0
        self.count = 0
        self.stale: list[Journal] = []
        self.locks: list[HomeLock] = []
        self.anchors: list[Anchor] = []

    @initialize()
    def begin(self) -> None:
        self.home: Home = make_home(self.folder / "home")
        self.open()

    def open(self, trusted: Anchor | None = None) -> None:
        self.locks.append(HomeLock(self.home))
        self.journal = Journal(self.home.journal, ManualClock(), trusted=trusted)
        self.epoch += 1
        assert self.journal.epoch == self.epoch

    def close(self) -> None:
        self.journal.close()
        self.locks.pop().release()

    def news(self, n: int) -> list[ComputeLost]:
        self.count += n
        return [ComputeLost(reason=f"{self.count - i}") for i in range(n)]

    @rule(name=NAMES, n=st.integers(0, 4))
    def append(self, name: str, n: int) -> None:
        news = self.news(n)
        self.journal.append(name, news)
        self.events += [(name, one.reason) for one in news]

    @rule(name=NAMES)
    def append_what_is_not_accepted(self, name: str) -> None:
        def refuse(_: object) -> None:
            raise ValueError

        with pytest.raises(ValueError):  # noqa: PT011
            self.journal.append(name, self.news(1), accept=refuse)

    @rule(name=NAMES)
    def append_on_a_full_disk(self, name: str) -> None:
        execute = self.journal._connection.execute
        (pages,) = execute("PRAGMA page_count").fetchone()
        execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DiskFull):
            self.journal.append(name, [ComputeLost(reason="x" * 100_000)])
        execute("PRAGMA max_page_count = 1000000")

    @rule()
    def start_again(self) -> None:
        self.close()
        self.open()

    @rule()
    def note_the_tip(self) -> None:
        self.anchors.append(self.journal.tip)

    @rule(data=st.data())
    @precondition(lambda self: self.anchors)
    def start_again_from_a_place_that_is_trusted(self, data: st.DataObject) -> None:
        self.close()
        self.open(data.draw(st.sampled_from(self.anchors)))

    @rule()
    def somebody_else_is_refused(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("controller.home._LOCK_PATIENCE_S", 0.0)
            with pytest.raises(HomeInUse):
                HomeLock(self.home)

    @rule()
    def take_over(self) -> None:
        self.stale.append(self.journal)
        self.locks.append(HomeLock(self.home, take_over=True))
        self.journal = Journal(self.home.journal, ManualClock())
        self.epoch += 1

    @rule(name=NAMES, data=st.data())
    @precondition(lambda self: self.stale)
    def an_old_control_goes_on(self, name: str, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(self.stale))
        with pytest.raises((HomeInUse, Rejected)):
            old.append(name, self.news(2))

    @rule()
    def be_killed_and_start_again(self) -> None:
        """Take the files as they are; what a connection holds in memory is lost."""
        copy = self.folder / "copy"
        copy.mkdir()
        for path in self.home.path.glob("journal.*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, copy)
        self.forget()
        for path in self.home.path.glob("journal.*"):
            path.unlink()
        for path in copy.iterdir():
            shutil.move(path, self.home.path)
        copy.rmdir()
        self.open()

    def forget(self) -> None:
        for one in (*self.stale, self.journal):
            one.close()
        self.stale.clear()
        while self.locks:
            self.locks.pop().release()

    @rule(data=st.data())
    @precondition(lambda self: self.events)
    def lose_the_end_and_be_repaired(self, data: st.DataObject) -> None:
        """Cut the file; it opens as it was, or repair keeps a prefix and says how long it is."""
        self.forget()
        size = self.home.journal.stat().st_size
        with self.home.journal.open("r+b") as file:
            file.truncate(data.draw(st.integers(0, size - 1)))
        try:
            with JournalReader(self.home.journal) as reader:  # what was cut off held no event
                assert self.told(reader) == self.expected()
        except Rejected:
            pass
        done = repair(self.home, NOW)
        assert done.n_lost == len(self.events) - done.n_kept
        self.events = self.events[: done.n_kept]
        assert len(list(Salvage(self.home.journal).prefix())) == done.n_kept
        self.locks.append(HomeLock(self.home))
        self.journal = Journal(self.home.journal, ManualClock())
        self.epoch = self.journal.epoch

    @rule()
    def copy_it_while_it_is_used(self) -> None:
        target = self.folder / "backup"
        assert back_up(self.home, target) == self.journal.tip
        with JournalReader(target / "journal.db") as reader:
            assert self.told(reader) == self.expected()
        shutil.rmtree(target)

    def told(self, reader: JournalReader) -> dict[str, list[str]]:
        return {
            name: [recorded.event.reason for recorded in reader.read(name)]  # type: ignore[union-attr]
            for name in reader.campaigns()
        }

    def expected(self) -> dict[str, list[str]]:
        names = dict.fromkeys(name for name, _ in self.events)
        return {name: [one for other, one in self.events if other == name] for name in names}

    @invariant()
    def the_journal_tells_what_was_stored_and_nothing_else(self) -> None:
        if hasattr(self, "journal"):
            assert self.journal.tip.position == len(self.events)
            assert self.journal.latest_epoch() == self.journal.epoch
            assert self.told(self.journal) == self.expected()

    @invariant()
    def a_reader_beside_it_tells_the_same(self) -> None:
        if hasattr(self, "journal"):
            with JournalReader(self.home.journal) as reader:
                assert self.told(reader) == self.expected()

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.forget()
        shutil.rmtree(self.folder)


def thorough(n_runs: int) -> settings:
    return settings(
        max_examples=n_runs,
        stateful_step_count=50,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )


class TestJournalMachine(JournalMachine.TestCase):
    settings = thorough(int(os.environ.get("CELLWRIGHT_MACHINE_RUNS", "10")))


@pytest.mark.slow
@pytest.mark.timeout(7200)
class TestJournalMachineLong(JournalMachine.TestCase):
    settings = thorough(2000)
