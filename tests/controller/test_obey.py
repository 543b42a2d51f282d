from __future__ import annotations

import pytest

from controller.events import Aborted, CampaignStarted, Finished, Interrupted, Paused, Unpaused
from controller.fold import fold
from controller.obey import carry_out, obey
from controller.order import Abort, Drain, Look, Order, Pause, Resume
from controller.state import State
from experiments.errors import Invalid
from tests.controller.doubles import MemoryJournal, small_campaign


def journal_of_small() -> MemoryJournal:
    journal = MemoryJournal()
    journal.append("small", [CampaignStarted(campaign=small_campaign(), source="", text="")])
    return journal


def folded(journal: MemoryJournal) -> State:
    state = fold(journal.stored)
    assert state is not None
    return state


def given(journal: MemoryJournal, order: Order, *, has_session: bool = True) -> str:
    found = obey(order, folded(journal), "anna", has_session=has_session)
    journal.append("small", found.events)
    return found.words


def test_a_pause_is_stored_with_who_when_and_why() -> None:
    journal = journal_of_small()
    words = given(journal, Pause(campaign="small", reason="oven"))
    pause = folded(journal).pause
    assert pause is not None
    assert (pause.by, pause.reason) == ("anna", "oven")
    assert pause.words == "since 2026-01-01 00:00 UTC by anna: oven"
    assert "cellwright resume small" in words


def test_pausing_twice_stores_one_pause_and_another_reason_stores_another() -> None:
    journal = journal_of_small()
    given(journal, Pause(campaign="small", reason="oven"))
    assert "paused already, since" in given(journal, Pause(campaign="small"))
    given(journal, Pause(campaign="small", reason="fire"))
    assert [type(one.event) for one in journal.stored[1:]] == [Paused, Paused]


def test_resuming_lifts_a_pause_and_says_so_where_there_is_none() -> None:
    journal = journal_of_small()
    assert "not paused" in given(journal, Resume(campaign="small"))
    given(journal, Pause(campaign="small"))
    given(journal, Resume(campaign="small"))
    assert folded(journal).pause is None
    assert isinstance(journal.stored[-1].event, Unpaused)


def test_a_drain_is_over_with_the_session_it_ended() -> None:
    journal = journal_of_small()
    given(journal, Drain(campaign="small"))
    assert folded(journal).pause is not None
    journal.append("small", [Interrupted(reason="drained")])
    assert folded(journal).pause is None


def test_without_a_session_there_is_nothing_to_drain() -> None:
    journal = journal_of_small()
    assert "nothing to drain" in given(journal, Drain(campaign="small"), has_session=False)
    assert len(journal.stored) == 1


def test_a_pause_outlives_the_session() -> None:
    journal = journal_of_small()
    given(journal, Pause(campaign="small"))
    journal.append("small", [Interrupted(reason="SIGTERM")])
    assert folded(journal).pause is not None


def test_an_aborted_campaign_is_finished_with_its_reason() -> None:
    journal = journal_of_small()
    given(journal, Abort(campaign="small", reason="wrong cathode"))
    state = folded(journal)
    assert (state.phase, state.is_aborted) == ("finished", True)
    assert state.reason == "aborted by anna: wrong cathode"


@pytest.mark.parametrize("end", [Finished(reason="budget"), Aborted(by="anna")])
@pytest.mark.parametrize("kind", [Pause, Resume, Drain, Abort])
def test_a_campaign_at_its_end_takes_no_orders(end: Finished | Aborted, kind: type[Pause]) -> None:
    journal = journal_of_small()
    journal.append("small", [end])
    with pytest.raises(Invalid, match="is at its end"):
        given(journal, kind(campaign="small"))


def test_an_order_is_carried_out_in_the_journal_of_a_campaign_nobody_works_on() -> None:
    journal = journal_of_small()
    journal.read = lambda name, after: [one for one in journal.stored if one.campaign == name]  # type: ignore[attr-defined]
    journal.campaigns = lambda: ("small",)  # type: ignore[attr-defined]
    journal.epoch = 7
    before = folded(journal)
    done = carry_out(journal, Pause(campaign="small"), "anna")  # type: ignore[arg-type]
    after = folded(journal)
    assert "is paused" in done.message
    assert after.sessions == before.sessions, "another process's order is no session of work"
    with pytest.raises(Invalid, match=r"no campaign 'big'; it holds: small"):
        carry_out(journal, Pause(campaign="big"), "anna")  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="nobody works"):
        carry_out(journal, Look(campaign="small"), "anna")  # type: ignore[arg-type]
