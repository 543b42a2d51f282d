"""Whoever may decide is reminded twice in working time; a reminder decides nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from controller.budget import Allowance
from controller.build_orders import new_build_id
from controller.needs_you import needs_you
from controller.proposer import Proposer
from controller.proposing import Expire, LabMoment, Remind, lab_command
from controller.reminders import deadline_words, reminder_due
from experiments.approval import Approval
from experiments.budget import Budget
from tests.controller.build_doubles import NOW, Book, building_campaign, person
from tests.controller.doubles import ManualClock

NOTHING_LEFT = Allowance(Budget(evaluations={"coarse": 0, "cell": 0}), {"coarse": 1, "cell": 1}, {})


@pytest.fixture
def book() -> Book:
    approval = Approval(approvers=("anna", "bo"), expires_after_working_days=2)
    made = Book(building_campaign(approval=approval))
    made.propose(0.4)  # Monday 09:00; its time ends with Wednesday: 63 h
    return made


def commands(book: Book, now: datetime) -> list[object]:
    """Carry out what is to be done about builds at a moment; return what it was."""
    found = []
    desk = Proposer(ManualClock(), new_id=new_build_id)
    while command := lab_command(book.state, LabMoment(now), NOTHING_LEFT):
        found.append(command)
        if isinstance(command, Expire):
            break
        book.write(*desk.events_of(command, book.state))
    return found


def test_half_and_nine_tenths_of_the_time_are_told_once_each(book: Book) -> None:
    half, most = NOW + timedelta(hours=31.5), NOW + timedelta(hours=56.7)
    second = timedelta(seconds=1)
    assert commands(book, half - second) == []
    assert commands(book, half) == [Remind("p1", 0.5)]
    assert commands(book, half + second) == []
    assert commands(book, most - second) == []
    assert commands(book, most) == [Remind("p1", 0.9)]
    assert commands(book, most + second) == []
    assert commands(book, NOW + timedelta(hours=63)) == [Expire("p1")]


def test_who_comes_back_late_is_told_the_latest_only(book: Book) -> None:
    assert commands(book, NOW + timedelta(hours=60)) == [Remind("p1", 0.9)]


def test_a_reminder_approves_nothing_and_keeps_what_was_said(book: Book) -> None:
    before = book.state.proposals["p1"]
    commands(book, NOW + timedelta(hours=40))
    after = book.state.proposals["p1"]
    assert (after.status, after.steps, after.proposal) == (
        "proposed",
        before.steps,
        before.proposal,
    )
    assert not book.state.builds
    assert book.state.n_proposal_steps == 1  # no news that a decider would be asked about


def test_what_needs_you_says_how_late_it_is(book: Book) -> None:
    def words() -> str:
        return needs_you([book.state], person("bo"), book.now)[0].words

    assert "over" not in words()
    commands(book, NOW + timedelta(hours=40))
    assert words().endswith("(half of its time is over)")
    commands(book, NOW + timedelta(hours=60))
    assert words().endswith("(nine tenths of its time are over)")


def test_the_deadline_is_told_as_the_lab_counts_its_days(book: Book) -> None:
    record, approval = book.state.proposals["p1"], book.campaign.approval
    told = deadline_words(record, approval, NOW)
    assert told == "the end of Wednesday 2026-03-04 (UTC; 2 working days after today)"
    late = deadline_words(record, approval, NOW + timedelta(hours=58))
    assert late.endswith("no further working day); nine tenths of its time are over")


def test_a_weekend_reminds_nobody() -> None:
    book = Book(
        building_campaign(approval=Approval(approvers=("anna",), expires_after_working_days=1))
    )
    book.now = datetime(2026, 3, 6, 9, tzinfo=UTC)  # a Friday
    book.propose(0.4)
    record, approval = book.state.proposals["p1"], book.campaign.approval
    for hours in (16, 40, 62):  # Saturday, Sunday, and the last hour before Monday
        assert reminder_due(record, approval, book.now + timedelta(hours=hours)) is None
    assert reminder_due(record, approval, datetime(2026, 3, 9, 5, tzinfo=UTC)) == 0.5
