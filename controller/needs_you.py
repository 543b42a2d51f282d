"""What waits for a person: one list, the first thing that every page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from controller.people import Action
from controller.reminders import WORDS
from controller.state import State

May = Callable[[str, Action], bool]


class Waiting(NamedTuple):
    """One thing that does not go on without somebody."""

    campaign: str
    words: str
    path: str
    """Where it is done."""


def needs_you(states: Iterable[State], may: May) -> tuple[Waiting, ...]:
    """Return what somebody who may do this much has to see to, in the campaigns' order."""
    return tuple(one for state in states for one in _of(state, may))


def _of_builds(state: State, may: May) -> Iterable[Waiting]:
    name = state.campaign.name
    if state.phase != "finished" and may(name, Action.decide):
        for record in state.open_proposals:
            proposal = record.proposal
            first = record.first_approval
            ask = (
                "decide"
                if first is None or first.by is None
                else f"{first.by.person} approved; decide as the second"
            )
            late = f" ({WORDS[record.reminded]})" if record.reminded in WORDS else ""
            words = (
                f"{ask} about {proposal.id} by {proposal.expires_at[:16].replace('T', ' ')}{late}"
            )
            yield Waiting(name, words, f"/campaigns/{name}/proposals/{proposal.id}")
    if may(name, Action.settle):
        for build in state.open_builds:
            if build.needs_person:
                words = f"nobody knows whether the lab has build {build.build.id}: go and look"
                if build.stage == "running":
                    words = f"the result of build {build.build.id} is in doubt: {build.reason}"
                yield Waiting(name, words, f"/campaigns/{name}/builds")


def _of(state: State, may: May) -> Iterable[Waiting]:
    name = state.campaign.name
    here = f"/campaigns/{name}"
    if state.outdated is not None and state.phase != "finished" and may(name, Action.operate):
        words = f"versions changed under its results: {state.outdated.words}"
        yield Waiting(name, words, f"{here}#upgrade")
    yield from _of_builds(state, may)
