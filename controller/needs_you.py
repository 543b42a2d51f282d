"""What waits for a person: one list, the first thing that every page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from controller.people import Action
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


def _of(state: State, may: May) -> Iterable[Waiting]:
    name = state.campaign.name
    here = f"/campaigns/{name}"
    if state.outdated is not None and state.phase != "finished" and may(name, Action.operate):
        words = f"versions changed under its results: {state.outdated.words}"
        yield Waiting(name, words, f"{here}#upgrade")
