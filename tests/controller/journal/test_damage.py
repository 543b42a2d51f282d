"""A journal damaged anywhere opens as it was or is refused; repair keeps the longest prefix."""

from __future__ import annotations

import random
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from controller.events import Interrupted, Resumed
from controller.journal import Journal, JournalReader
from controller.journal.hash_chain import Row
from controller.journal.salvage import Salvage
from experiments.errors import Rejected
from tests.controller.doubles import FakeCompute, ManualClock
from tests.controller.test_control import World

N_EVENTS = 60
FILES = ("journal.db", "journal.db-wal", "journal.head")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the files of a journal as a killed control leaves them: half of it in the log."""
    folder = tmp_path_factory.mktemp("whole")
    World(folder).session(FakeCompute())
    with closing(Journal(folder / "journal.db", ManualClock())) as journal:
        while journal.tip.position < N_EVENTS:
            journal.append("small", [Resumed()] * 3)
        kept = folder / "kept"
        kept.mkdir()
        for name in FILES:
            shutil.copy(folder / name, kept)
    assert (kept / "journal.db-wal").stat().st_size > 20_000
    return kept


@pytest.fixture(scope="module")
def rows(whole: Path) -> list[Row]:
    with JournalReader(whole / "journal.db") as reader:
        return list(reader.rows("small"))


def damaged(whole: Path, folder: Path, dice: random.Random) -> tuple[str, bool]:
    """Copy the files, cut one or flip a bit of it; return in words what was done, and if cut."""
    for name in FILES:
        shutil.copy(whole / name, folder)
    victim = folder / dice.choice(FILES[:2])
    size = victim.stat().st_size
    place = dice.randrange(size) if dice.random() < 0.7 else dice.randrange(200)
    if dice.random() < 0.5:
        with victim.open("r+b") as file:
            file.truncate(place)
        return f"{victim.name} cut at {place}", True
    with victim.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1 << dice.randrange(8)]))
    return f"{victim.name} flipped at {place}", False


def check(whole: Path, rows: list[Row], folder: Path, dice: random.Random) -> str:
    """Damage, open, append, salvage; return what came of it: whole, or refused."""
    folder.mkdir()
    done, _ = damaged(whole, folder, dice)
    path = folder / "journal.db"
    spare = folder / "spare"
    spare.mkdir()
    for name in FILES:
        shutil.copy(folder / name, spare)
    salvaged = list(Salvage(spare / "journal.db").prefix())
    assert salvaged == rows[: len(salvaged)], done
    refusal = refused(path, rows, done)
    if refusal is None:
        return "whole"
    assert "position" in refusal.evidence, f"{done}: {refusal.message}"
    assert refusal.position <= len(rows) + 1, done
    assert len(salvaged) >= refusal.position - 1, f"{done}: salvaged less than SQLite reads"
    return "refused"


def refused(path: Path, rows: list[Row], done: str) -> Rejected | None:
    """Open, read, append and read again; return what was said against it."""
    try:
        with closing(Journal(path, ManualClock())) as journal:
            assert list(journal.rows("small")) == rows, f"{done}: opened with other events"
            journal.append("small", [Resumed()])
        with JournalReader(path) as reader:
            assert list(reader.rows("small"))[:-1] == rows, f"{done}: an append destroyed events"
    except Rejected as error:
        return error
    return None


def run(whole: Path, rows: list[Row], tmp_path: Path, n: int, seed: int) -> dict[str, int]:
    dice = random.Random(seed)
    counts = {"whole": 0, "refused": 0}
    for i in range(n):
        folder = tmp_path / str(i)
        counts[check(whole, rows, folder, dice)] += 1
        shutil.rmtree(folder)
    return counts


def test_a_journal_damaged_at_100_places_is_never_silently_wrong(
    whole: Path, rows: list[Row], tmp_path: Path
) -> None:
    counts = run(whole, rows, tmp_path, 100, seed=1)
    assert min(counts.values()) > 10, counts


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_journal_damaged_at_1000_places_is_never_silently_wrong(
    whole: Path, rows: list[Row], tmp_path: Path
) -> None:
    counts = run(whole, rows, tmp_path, 1000, seed=2)
    print(counts)
    assert min(counts.values()) > 100, counts


def test_a_whole_journal_is_salvaged_to_its_end_from_file_and_log(
    whole: Path, rows: list[Row]
) -> None:
    salvage = Salvage(whole / "journal.db")
    assert list(salvage.prefix()) == rows


def test_long_bodies_are_salvaged_over_many_pages(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(Journal(path, ManualClock())) as journal:
        for n in (1, 3000, 4050, 4060, 9000, 200_000):
            journal.append("a", [Interrupted(reason="é" * n)])
        expected = list(journal.rows("a"))
        assert list(Salvage(path).prefix()) == expected
    assert list(Salvage(path).prefix()) == expected


def test_one_bad_byte_in_the_file_s_header_costs_no_event(
    whole: Path, rows: list[Row], tmp_path: Path
) -> None:
    for name in FILES:
        shutil.copy(whole / name, tmp_path)
    with (tmp_path / "journal.db").open("r+b") as file:
        file.write(b"X")
    (tmp_path / "journal.db-wal").unlink()
    with pytest.raises(Rejected, match="damaged"):
        JournalReader(tmp_path / "journal.db")
    n_in_file = len(list(Salvage(tmp_path / "journal.db").prefix()))
    assert 0 < n_in_file < len(rows)
