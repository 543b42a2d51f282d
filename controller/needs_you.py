"""What waits for a person: one list, the first thing that every page shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from controller.authority import is_decider, speaking_as
from controller.people import Action, Person, may
from controller.proposals import ProposalRecord
from controller.reminders import WORDS
from controller.state import State


class Waiting(NamedTuple):
    """One thing that does not go on without somebody."""

    campaign: str
    words: str
    path: str
    """Where it is done."""


def needs_you(states: Iterable[State], person: Person, now: datetime) -> tuple[Waiting, ...]:
    """Return what somebody has to see to by what they may do, in the campaigns' order.

    A decision is whose the campaign says it is, and not theirs who gave the first of two approvals.
    """
    return tuple(one for state in states for one in _of(state, person, now))


def _decisions(state: State, person: Person, now: datetime) -> Iterable[ProposalRecord]:
    """Yield the proposals that wait for somebody, under the rule of whom a decision is taken of."""
    if state.phase == "finished" or not may(person, state.campaign.name, Action.decide):
        return
    if not is_decider(state, person.name, now):
        return
    names = speaking_as(state, person, now).names
    for record in state.open_proposals:
        first = None if record.first_approval is None else record.first_approval.by
        if first is None or not names & first.names:
            yield record


def _of_builds(state: State, person: Person, now: datetime) -> Iterable[Waiting]:
    name = state.campaign.name
    for record in _decisions(state, person, now):
        proposal = record.proposal
        first = record.first_approval
        ask = (
            "decide"
            if first is None or first.by is None
            else f"{first.by.person} approved; decide as the second"
        )
        late = f" ({WORDS[record.reminded]})" if record.reminded in WORDS else ""
        words = f"{ask} about {proposal.id} by {proposal.expires_at[:16].replace('T', ' ')}{late}"
        yield Waiting(name, words, f"/campaigns/{name}/proposals/{proposal.id}")
    if may(person, name, Action.settle):
        for build in state.open_builds:
            if build.needs_person:
                words = f"nobody knows whether the lab has build {build.build.id}: go and look"
                if build.stage == "running":
                    words = f"the result of build {build.build.id} is in doubt: {build.reason}"
                yield Waiting(name, words, f"/campaigns/{name}/builds")


def _of(state: State, person: Person, now: datetime) -> Iterable[Waiting]:
    name = state.campaign.name
    here = f"/campaigns/{name}"
    is_open = state.phase != "finished"
    if state.outdated is not None and is_open and may(person, name, Action.operate):
        words = f"versions changed under its results: {state.outdated.words}"
        yield Waiting(name, words, f"{here}#upgrade")
    yield from _of_builds(state, person, now)
