"""The decisions come from a chain that was checked in whole, and are remembered while it stays."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.audit import audit_lines
from controller.audit_trail import SILENT, AuditTrail
from controller.clock import SystemClock
from controller.events import AttemptLost, Dispatched, Observed, Paused, Ranked, Taught, Unpaused
from controller.home import Home
from controller.journal import Anchor, Journal, JournalReader
from controller.journal.hash_chain import Row
from experiments.errors import Rejected
from tests.controller.synthetic_campaign import write_campaign


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home, name = write_campaign(tmp_path / "home", n=6, is_finished=False)
    with closing(Journal(home.journal, SystemClock())) as journal:
        journal.append(name, [Paused(by="anna", reason="oven"), Unpaused(by="anna")])
    return home


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the positions that were checked, over all readers."""
    seen: list[int] = []
    checked_rows = JournalReader.checked_rows

    def noted(self: JournalReader, trusted: Anchor | None = None) -> Iterator[Row]:
        for row in checked_rows(self, trusted):
            seen.append(row.position)
            yield row

    monkeypatch.setattr(JournalReader, "checked_rows", noted)
    return seen


def trail_of(home: Home, *, age_ns: int = 2 * 10**9) -> AuditTrail:
    """Return a reader for whom the home's files last changed so long ago."""

    def now_ns() -> int:
        files = (home.path / name for name in ("journal.db", "journal.db-wal", "journal.head"))
        found = [path.stat() for path in files if path.exists()]
        return max(one.st_ctime_ns for one in found if one.st_size) + age_ns

    return AuditTrail(home.journal, now_ns=now_ns)


def test_it_tells_what_going_through_every_event_tells(home: Home) -> None:
    with JournalReader(home.journal) as reader:
        events = list(reader.read_all())
        tip = reader.verified
    found = AuditTrail(home.journal).read()
    assert found.tip == tip
    assert found.lines["quickstart"] == tuple(audit_lines(events))
    assert [one.what for one in found.lines["quickstart"]][-2:] == ["paused", "unpaused"]


def test_the_kinds_that_are_passed_over_are_of_nobody() -> None:
    kinds = {one.model_fields["kind"].default: one for one in (Dispatched, Observed, Ranked)}
    kinds |= {one.model_fields["kind"].default: one for one in (AttemptLost, Taught)}
    assert set(kinds) == SILENT
    assert not any("by" in one.model_fields for one in kinds.values())


def test_while_the_files_stay_nothing_is_read_again(home: Home, checks: list[int]) -> None:
    trail = trail_of(home)
    first = trail.read()
    n = len(checks)
    assert n == first.tip.position
    assert trail.read() is first
    assert len(checks) == n


def test_files_that_changed_a_moment_ago_are_read_again(home: Home, checks: list[int]) -> None:
    trail = trail_of(home, age_ns=10**9)
    n = trail.read().tip.position
    trail.read()
    assert len(checks) == 2 * n


def test_a_new_event_has_the_whole_chain_checked(home: Home, checks: list[int]) -> None:
    trail = trail_of(home)
    first = trail.read()
    with closing(Journal(home.journal, SystemClock())) as journal:
        journal.append("quickstart", [Paused(by="bert", reason="late")])
    checks.clear()
    second = trail.read()
    assert checks == list(range(1, first.tip.position + 2))
    assert second.lines["quickstart"][-1].person == "bert"


@pytest.mark.parametrize("keeps_times", [False, True])
def test_a_change_behind_a_remembered_answer_is_noticed(home: Home, keeps_times: bool) -> None:
    with closing(sqlite3.connect(home.journal)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    trail = trail_of(home)
    trail.read()
    before = home.journal.stat()
    data = bytearray(home.journal.read_bytes())
    place = data.rindex(b'"reason":"oven"') + 10
    data[place : place + 4] = b"oxen"
    with home.journal.open("r+b") as file:
        file.write(data)
    while home.journal.stat().st_ctime_ns == before.st_ctime_ns:
        os.utime(home.journal)  # until the clock of the file system ticks
    if keeps_times:
        os.utime(home.journal, ns=(before.st_atime_ns, before.st_mtime_ns))
    for _ in range(2):
        with pytest.raises(Rejected, match="damaged at position"):
            trail.read()
