from __future__ import annotations

from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from controller.events import Resumed
from controller.fast_start import BackgroundCheck, StateKeeper, open_journal
from controller.fold import fold
from controller.home import Home, make_home
from controller.journal import Anchor, Journal, JournalReader
from controller.kept_state import code_hash, keep_state, kept_state_path, read_kept_state
from controller.state import State
from experiments.budget import Budget
from experiments.errors import Rejected
from tests.controller.doubles import FakeCompute, ManualClock, small_campaign
from tests.controller.test_control import World
from tests.controller.test_repair import change
from tests.controller.test_retention import result


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home with a stopped campaign, jobs in flight, failures and files."""
    home = make_home(tmp_path / "home")
    campaign = small_campaign(budget=Budget(evaluations={"coarse": 20, "fine": 4}))
    World(home.path, campaign).session(FakeCompute(result=result, seed=3), stop_after=11)
    return home


def opened(home: Home) -> tuple[Journal, State | None]:
    return open_journal(
        home, "small", lambda trusted: Journal(home.journal, ManualClock(), trusted=trusted)
    )


def folded(home: Home) -> tuple[State, Anchor]:
    with JournalReader(home.journal) as reader:
        state = fold(reader.read("small"))
        assert state is not None
        return state, reader.verify()


def test_a_kept_state_is_the_folded_one(home: Home) -> None:
    state, anchor = folded(home)
    keep_state(home, state, anchor)
    kept = read_kept_state(home, "small")
    assert kept is not None
    assert kept.anchor == anchor
    assert kept.state == state
    assert list(kept.state.observations) == list(state.observations)


def test_a_kept_state_goes_on_as_the_folded_one_does(home: Home) -> None:
    state, anchor = folded(home)
    keep_state(home, state, anchor)
    kept = read_kept_state(home, "small")
    assert kept is not None
    campaign = small_campaign(budget=Budget(evaluations={"coarse": 20, "fine": 4}))
    World(home.path, campaign).session(FakeCompute(result=result, seed=3))
    with JournalReader(home.journal) as reader:
        later = list(reader.read("small", after=state.position))
        assert fold(later, kept.state) == fold(reader.read("small"))


def test_a_state_that_was_read_and_kept_again_is_the_same_file(home: Home) -> None:
    keep_state(home, *folded(home))
    before = kept_state_path(home, "small").read_bytes()
    kept = read_kept_state(home, "small")
    assert kept is not None
    next(iter(kept.state.observations.values()))
    keep_state(home, kept.state, kept.anchor)
    assert kept_state_path(home, "small").read_bytes() == before


def test_control_starts_from_a_kept_state_the_journal_holds(home: Home) -> None:
    state, anchor = folded(home)
    keep_state(home, state, anchor)
    journal, found = opened(home)
    with closing(journal):
        assert found == state
        journal.append("small", [Resumed()])
    journal, found = opened(home)
    journal.close()
    assert found == state


@pytest.mark.parametrize("damage", ["content", "code", "cut", "gone", "nonsense", "another name"])
def test_a_kept_state_that_does_not_fit_is_not_used(home: Home, damage: str) -> None:
    keep_state(home, *folded(home))
    path = kept_state_path(home, "small")
    data = path.read_bytes()
    match damage:
        case "content":
            path.write_bytes(data.replace(b"0.5", b"0.6", 1))
        case "code":
            path.write_bytes(data.replace(b'"code": "', b'"code": "0', 1))
        case "cut":
            path.write_bytes(data[:-40])
        case "gone":
            path.unlink()
        case "nonsense":
            path.write_bytes(b"[]\n{}\n")
        case "another name":
            path.rename(kept_state_path(home, "other"))
            assert read_kept_state(home, "other") is None
    journal, found = opened(home)
    journal.close()
    assert found is None


def test_a_kept_state_of_another_journal_is_not_used(home: Home) -> None:
    state, anchor = folded(home)
    for wrong in (anchor._replace(hash="0" * 64), Anchor(anchor.position + 5, anchor.hash)):
        keep_state(home, state, wrong)
        journal, found = opened(home)
        journal.close()
        assert found is None


def test_what_comes_after_a_kept_state_is_verified_at_once(home: Home) -> None:
    state, _ = folded(home)
    with JournalReader(home.journal) as reader:
        early = next(row for row in reader.rows("small") if row.position == 10)
    keep_state(home, state, Anchor(early.position, early.hash))
    change(home, 12)
    with pytest.raises(Rejected, match="position 12"):
        opened(home)


def test_damage_before_a_kept_state_is_found_in_the_background(home: Home) -> None:
    keep_state(home, *folded(home))
    change(home, 4)
    journal, found = opened(home)
    journal.close()
    assert found is not None
    said: list[Any] = []
    check = BackgroundCheck(home.journal, said.append)
    check.close()
    assert said == [check.fault]
    assert "damaged at position 4" in said[0].message


def test_the_state_is_kept_every_so_many_events_and_at_the_end(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.fast_start.EVERY", 5)
    monkeypatch.setattr("controller.fast_start.AT_END", 2)
    state, _ = folded(home)
    with closing(Journal(home.journal, ManualClock())) as journal:
        keeper = StateKeeper(home, journal, lambda text: None)
        keeper.begin(state, is_kept=True)
        assert read_kept_state(home, "small") is None
        keeper.close()
        assert read_kept_state(home, "small") is None, "nothing happened since"
        for _ in range(4):
            state = fold(journal.append("small", [Resumed()]), state) or state
            keeper.note(state)
        keeper.close()
        kept = read_kept_state(home, "small")
        assert kept is not None
        assert kept == (state, journal.tip)


def test_a_state_that_cannot_be_kept_costs_nothing(home: Home) -> None:
    (home.path / "states").write_text("a file where a folder must be")
    said: list[str] = []
    state, _ = folded(home)
    with closing(Journal(home.journal, ManualClock())) as journal:
        keeper = StateKeeper(home, journal, said.append)
        keeper._keep(state, journal.tip)
    assert "could not be kept" in said[0]


def test_a_state_claims_the_code_that_ran_and_not_what_was_installed_meanwhile(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "fold.py").write_text("version = 1")
    package = SimpleNamespace(__path__=[str(code)])
    state, _ = folded(home)
    try:
        monkeypatch.setattr("controller.kept_state.controller", package)
        code_hash.cache_clear()
        with closing(Journal(home.journal, ManualClock())) as journal:
            keeper = StateKeeper(home, journal, lambda text: None)
            (code / "fold.py").write_text("version = 2")
            keeper._keep(state, journal.tip)
        assert read_kept_state(home, "small") is not None
        code_hash.cache_clear()  # as the next process begins
        assert read_kept_state(home, "small") is None
    finally:
        code_hash.cache_clear()
