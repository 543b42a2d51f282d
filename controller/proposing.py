"""What to do about builds: the part of ``decide`` that asks people, and never machines."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from controller.budget import Allowance
from controller.open_proposal import has_lapsed
from controller.proposals import barred
from controller.reminders import reminder_due
from controller.state import State
from controller.stopping import stop_reason
from experiments.job import Job
from experiments.ranking import Candidate

N_ALTERNATIVES: Final = 3


@dataclass(frozen=True)
class LabMoment:
    """What is true of the lab, and of the calendar, at this moment only."""

    now: datetime
    is_open: bool = False
    """It said what it can make."""
    is_simulated: bool = False
    """By the lab's word and the administrator's file."""
    unmakeable: frozenset[str] = frozenset()
    """Ids of jobs that it has no material for just now."""


@dataclass(frozen=True)
class Propose:
    """Ask people for a build."""

    job: Job
    candidate: Candidate
    ranking_position: int
    alternatives: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class ApproveByPolicy:
    """Approve a build of a simulated lab, as the campaign's policy has it."""

    proposal_id: str


@dataclass(frozen=True)
class Expire:
    """Store that nobody decided in time."""

    proposal_id: str


@dataclass(frozen=True)
class Remind:
    """Store that whoever may decide is reminded."""

    proposal_id: str
    share: float


LabCommand = Propose | ApproveByPolicy | Expire | Remind


def lab_command(state: State, lab: LabMoment | None, spent: Allowance) -> LabCommand | None:
    """Return the one thing to do about builds now; each changes what the next one would be."""
    if lab is None:
        return None
    for record in state.open_proposals:
        if has_lapsed(record, lab.now):
            return Expire(record.proposal.id)
    if lab.is_simulated and state.campaign.approval.policy == "approve_simulated":
        for record in state.open_proposals:
            return ApproveByPolicy(record.proposal.id)
    for record in state.open_proposals:
        share = reminder_due(record, state.campaign.approval, lab.now)
        if share is not None:
            return Remind(record.proposal.id, share)
    return next(_proposals(state, lab, spent), None)


def room_for_proposals(state: State, lab: LabMoment | None) -> int:
    """Return how many more builds may be asked for at once."""
    level = state.campaign.build_level
    if level is None or lab is None or not lab.is_open:
        return 0
    return max(0, level.at_once - len(state.open_proposals) - len(state.open_builds))


def waits_for_people(state: State, lab: LabMoment | None, spent: Allowance) -> bool:
    """Say whether something about builds is still to come that machines cannot bring."""
    level = state.campaign.build_level
    if level is None or lab is None:
        return False
    waits_for_lab = not lab.is_open and spent.admits(level.name)
    return bool(state.open_proposals or state.open_builds) or waits_for_lab


def _proposals(state: State, lab: LabMoment, spent: Allowance) -> Iterator[Propose]:
    level = state.campaign.build_level
    if level is None or not room_for_proposals(state, lab) or not spent.admits(level.name):
        return
    if stop_reason(state):
        return
    taken = {record.proposal.job.id for record in state.open_proposals}
    taken |= barred(state.proposals, lab.now.isoformat()).keys()
    planned = [
        one
        for one in state.backlog.values()
        if one.job.id not in taken and one.job.id not in state.dispatches
    ]
    for n, one in enumerate(planned):
        if one.job.fidelity == level.name and one.job.id not in lab.unmakeable:
            others = (other.candidate for other in planned[n + 1 :])
            alternatives = tuple(itertools.islice(others, N_ALTERNATIVES))
            yield Propose(one.job, one.candidate, one.ranking_position, alternatives)


def waiting_words(state: State) -> str | None:
    """Say what people are waited for, in one line; None where nothing is."""
    asked = [build for build in state.open_builds if build.needs_person]
    doubted = [build.build.id for build in asked if build.stage == "running"]
    if doubted:
        return f"the result of {', '.join(doubted)} is in doubt: cellwright pending, then settle"
    unknown = [build.build.id for build in asked]
    if unknown:
        return f"nobody knows whether the lab has {', '.join(unknown)}: cellwright settle"
    waiting = [record.proposal.id for record in state.open_proposals]
    if waiting and not state.in_flight:
        return f"waiting for a decision on {', '.join(waiting)}: cellwright pending"
    return None
