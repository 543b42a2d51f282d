from __future__ import annotations

import threading
import time
from pathlib import Path

from controller.events import ComputeLost
from controller.journal import Journal, JournalReader
from controller.projection import Projection
from tests.controller.doubles import ManualClock


class Recorder:
    """A projector that keeps positions, and fails as often as it is told."""

    def __init__(self, n_failures: int = 0) -> None:
        self.n_failures = n_failures
        self.positions: list[int] = []
        self.caught_up = threading.Event()
        self.is_closed = False

    def start(self) -> None:
        if self.n_failures:
            self.n_failures -= 1
            raise ConnectionError("no server")

    def catch_up(self, journal: JournalReader) -> None:
        after = self.positions[-1] if self.positions else 0
        self.positions += [recorded.position for recorded in journal.read("a", after=after)]
        self.caught_up.set()

    def forget(self) -> int:
        n, self.positions = len(self.positions), []
        return n

    def close(self) -> None:
        self.is_closed = True


def journal_with(folder: Path, n: int) -> Journal:
    journal = Journal(folder / "journal.db", ManualClock())
    journal.append("a", [ComputeLost(reason="x")] * n)
    return journal


def test_it_follows_the_journal_and_finishes_when_closed(tmp_path: Path) -> None:
    journal = journal_with(tmp_path, 2)
    recorder, said = Recorder(), list[str]()
    projection = Projection(lambda: recorder, tmp_path / "journal.db", said.append)
    projection.wake()
    assert recorder.caught_up.wait(20)
    journal.append("a", [ComputeLost(reason="y")])
    assert projection.close(20)
    assert recorder.positions == [1, 2, 3]
    assert recorder.is_closed
    assert said == []


def test_nothing_is_opened_before_the_first_news(tmp_path: Path) -> None:
    made: list[Recorder] = []

    def make() -> Recorder:
        made.append(Recorder())
        return made[-1]

    projection = Projection(make, tmp_path / "journal.db", lambda _: None)
    assert projection.close(1)
    assert made == []


def test_a_failing_store_is_logged_and_tried_again_at_the_end(tmp_path: Path) -> None:
    journal_with(tmp_path, 2)
    recorder, failed = Recorder(n_failures=1), threading.Event()
    said: list[str] = []

    def log(text: str) -> None:
        said.append(text)
        failed.set()

    projection = Projection(lambda: recorder, tmp_path / "journal.db", log)
    projection.wake()
    assert failed.wait(20)
    assert projection.close(20)
    assert recorder.positions == [1, 2]
    assert said == ["the projection failed: ConnectionError: no server"]


def test_a_store_that_stays_away_is_reported_as_behind(tmp_path: Path) -> None:
    journal_with(tmp_path, 1)
    projection = Projection(lambda: Recorder(99), tmp_path / "journal.db", lambda _: None)
    projection.wake()
    assert not projection.close(20)


def test_a_store_is_not_opened_where_the_journal_is_gone(tmp_path: Path) -> None:
    made: list[Recorder] = []
    said: list[str] = []

    def make() -> Recorder:
        made.append(Recorder())
        return made[-1]

    projection = Projection(make, tmp_path / "journal.db", said.append)
    projection.wake()
    assert not projection.close(20)
    assert made == []
    assert "is gone" in said[0]


class Slow(Recorder):
    """A projector whose steps last until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.is_in_step = threading.Event()
        self.may_go_on = threading.Event()

    def catch_up(self, journal: JournalReader) -> None:
        self.is_in_step.set()
        assert self.may_go_on.wait(20)
        super().catch_up(journal)


def test_it_is_behind_until_the_news_is_projected_and_not_only_taken(tmp_path: Path) -> None:
    journal_with(tmp_path, 1)
    slow = Slow()
    projection = Projection(lambda: slow, tmp_path / "journal.db", lambda _: None)
    slow.may_go_on.set()
    projection.wake()
    deadline = time.monotonic() + 20
    while projection.is_behind and time.monotonic() < deadline:
        time.sleep(0.01)
    slow.may_go_on.clear()
    slow.is_in_step.clear()
    projection.wake()
    assert slow.is_in_step.wait(20)
    assert projection.is_behind, "the news is taken, and its event not projected"
    assert not projection.close(0.0)
    slow.may_go_on.set()
    assert projection.close(20)
    assert not projection.is_behind
