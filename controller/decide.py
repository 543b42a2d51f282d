"""What to do next: a pure function of what is known and of how things stand with compute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from controller.baseline_jobs import baseline_jobs
from controller.budget import Allowance, allowance
from controller.proposing import (
    LabCommand,
    LabMoment,
    lab_command,
    room_for_proposals,
    waits_for_people,
)
from controller.second_look import second_looks
from controller.state import State
from controller.stopping import stop_reason
from experiments.job import Job
from experiments.ranking import Candidate

MAX_LOST: Final = 3
"""Workers that may die under a job before it is quarantined."""
MAX_FAILED_ASKS: Final = 3
MIN_CANDIDATES: Final = 8
RESERVE_FACTOR: Final = 2
"""The backlog lasts for a refit that takes so many times what the last one took (assumed)."""
LARGEST_RESERVE: Final = 8
"""Jobs in reserve for each slot, at most: what is chosen early is chosen knowing less (assumed)."""
NO_MORE: Final = "no more candidates"
"""Why a campaign ends whose decider has nothing left to propose."""


@dataclass(frozen=True)
class Situation:
    """What is true of this moment only and therefore not in the journal."""

    n_slots: int
    """Jobs compute can run at once; 0 while there is no compute."""
    sent: frozenset[str] = frozenset()
    """Ids of the jobs this compute was given and has not answered."""
    started: frozenset[str] = frozenset()
    """Those of them that a worker has begun."""
    is_asking: bool = False
    n_failed_asks: int = 0
    """In a row, since the last observation."""
    n_more: int | None = None
    """Search jobs that may still be dispatched in this session; None is no limit."""
    session_s: float = 0.0
    """Monotonic seconds since this session began."""
    lab: LabMoment | None = None
    """None where nothing can be built in this session."""

    def in_flight_limit(self, share_pct: int = 100) -> int:
        """Return how many jobs compute may hold: one that runs and one that waits for each slot.

        With a share of the slots no job waits, since it would take a slot of the others' share.
        """
        if share_pct == 100 or not self.n_slots:
            return 2 * self.n_slots
        return max(1, self.n_slots * share_pct // 100)


@dataclass(frozen=True)
class Dispatch:
    """Store that a job is chosen, then send it."""

    job: Job
    candidate: Candidate | None = None
    ranking_position: int | None = None


@dataclass(frozen=True)
class Send:
    """Give a job that is stored already to a compute that does not have it."""

    job: Job


@dataclass(frozen=True)
class Withdraw:
    """Take a job that no worker has begun back from compute; it stays in flight."""

    job: Job


@dataclass(frozen=True)
class Quarantine:
    """Store that a job's workers died too often, as its observation."""

    job: Job
    n_lost: int
    reason: str


@dataclass(frozen=True)
class AskRanking:
    """Ask the decider what to evaluate."""

    left: dict[str, int]
    n_candidates: int


@dataclass(frozen=True)
class Finish:
    """Store that the campaign is at its end."""

    reason: str


@dataclass(frozen=True)
class Fail:
    """Stop, because nothing more can be decided."""

    reason: str


Command = Dispatch | Send | Withdraw | Quarantine | AskRanking | Finish | Fail | LabCommand


def decide(state: State, situation: Situation) -> tuple[Command, ...]:
    """Return what to do now; carried out, the next call returns nothing until something happens.

    Pure: the same state and situation give the same commands.
    """
    if state.phase == "finished":
        return ()
    poisoned = tuple(
        Quarantine(job, n_lost, state.dispatches[job.id].last_loss)
        for job in state.in_flight.values()
        if (n_lost := state.lost.get(job.id, 0)) >= MAX_LOST
    )
    if poisoned:
        return poisoned
    if state.pause is not None or state.outdated is not None:
        return _withdrawals(state, situation)
    limit = situation.in_flight_limit(state.share_pct)
    if len(situation.sent) > limit and (waiting := _withdrawals(state, situation)):
        return waiting[limit - len(situation.sent) :]
    sends = _sends(state, situation)
    room = limit - len(situation.sent) - len(sends)
    dispatches, spent = _dispatches(state, situation, room)
    if (about_builds := lab_command(state, situation.lab, spent)) is not None:
        return (*sends, *dispatches, about_builds)
    question = _question(state, situation, dispatches, spent)
    commands: tuple[Command, ...] = (*sends, *dispatches, *question)
    return commands or _end(state, situation, spent)


def _sends(state: State, situation: Situation) -> tuple[Send, ...]:
    """Give compute the jobs in flight that it does not have, oldest first."""
    missing = [job for job in state.in_flight.values() if job.id not in situation.sent]
    room = max(0, situation.in_flight_limit(state.share_pct) - len(situation.sent))
    return tuple(Send(job) for job in missing[:room])


def _withdrawals(state: State, situation: Situation) -> tuple[Withdraw, ...]:
    """Take back what waits, so that a pause comes as soon as what runs is done."""
    waiting = situation.sent - situation.started
    return tuple(Withdraw(job) for job in state.in_flight.values() if job.id in waiting)


def _dispatches(
    state: State, situation: Situation, room: int
) -> tuple[tuple[Dispatch, ...], Allowance]:
    """Choose new jobs while there is room: the baseline's, then the backlog's in its order."""
    chosen = [
        Dispatch(job)
        for job in baseline_jobs(state.campaign)
        if job.id not in state.dispatches and situation.n_slots
    ]
    spent = allowance(state, situation.session_s)
    room -= len(chosen)
    if situation.n_more is not None:
        room = min(room, situation.n_more)
    for job, candidate in second_looks(state):
        if room > 0 and spent.admits(job.fidelity):
            spent = spent.taking(job.fidelity)
            chosen.append(Dispatch(job, candidate))
            room -= 1
    looked_at = {dispatch.job.id for dispatch in chosen}
    if room > 0 and not stop_reason(state):
        built = state.campaign.build_level
        for planned in state.backlog.values():
            if room == 0:
                break
            if built is not None and planned.job.fidelity == built.name:
                continue
            if planned.job.id not in looked_at and spent.admits(planned.job.fidelity):
                spent = spent.taking(planned.job.fidelity)
                chosen.append(Dispatch(planned.job, planned.candidate, planned.ranking_position))
                room -= 1
    return tuple(chosen), spent


def _question(
    state: State, situation: Situation, dispatches: tuple[Dispatch, ...], spent: Allowance
) -> Iterator[AskRanking]:
    """Ask again when there is news, or little left to do; once more when all is done."""
    if situation.is_asking or not situation.n_slots or situation.n_failed_asks >= MAX_FAILED_ASKS:
        return
    left = _askable(state, situation, spent)
    if not _has_news(state, len(dispatches), left):
        return
    n_new = len(state.observations) - (state.asked.n_observed if state.asked else 0)
    n_left = sum(left.values())
    if n_left and not stop_reason(state):
        chosen = {dispatch.job.id for dispatch in dispatches}
        reserve = _reserve(state, situation.n_slots)
        is_short = not _has_waiting(state, spent, chosen, min(n_left, reserve))
        is_asked_for = situation.n_more is None or situation.n_more > 0
        if is_asked_for and (is_short or n_new >= max(1, situation.n_slots // 2)):
            n_wanted = max(MIN_CANDIDATES, situation.n_slots + reserve)
            yield AskRanking(left, min(n_left, n_wanted))
    elif n_new and not state.in_flight and not dispatches:
        yield AskRanking(left, 1)


def _askable(state: State, situation: Situation, spent: Allowance) -> dict[str, int]:
    """Return what a ranking may hold: no builds while as many as may be are asked for.

    So cheap levels go on while people sleep and cells cycle.
    """
    left, built = spent.left(), state.campaign.build_level
    if built is not None and not room_for_proposals(state, situation.lab):
        left[built.name] = 0
    return left


def _end(state: State, situation: Situation, spent: Allowance) -> tuple[Command, ...]:
    """Say how the campaign ends, once nothing is under way and nothing more can be had."""
    has_baseline = all(job.id in state.dispatches for job in baseline_jobs(state.campaign))
    if state.in_flight or situation.is_asking or not has_baseline:
        return ()
    if waits_for_people(state, situation.lab, spent):
        return ()
    n_asked = state.asked.n_observed if state.asked else 0
    is_known = n_asked == len(state.observations)
    has_given_up = situation.n_failed_asks >= MAX_FAILED_ASKS
    if not is_known and not has_given_up:
        return ()
    if not sum(spent.left().values()):
        return (Finish(spent.ended_by),)
    if reason := stop_reason(state):
        return (Finish(reason),)
    if situation.n_more == 0 or not situation.n_slots:
        return ()
    if has_given_up:
        return (Fail(f"the decider failed {situation.n_failed_asks} times in a row"),)
    return (Finish(NO_MORE),)


def _has_news(state: State, n_dispatching: int, left: dict[str, int]) -> bool:
    """Say whether a question asked now differs from the one answered last."""
    if state.asked is None or state.asked.is_budget_old:
        return True
    return (
        len(state.observations) > state.asked.n_observed
        or state.n_proposal_steps > state.asked.n_proposal_steps
        or (_can_build(state, left) and not state.asked.could_build)
        or len(state.dispatches) + n_dispatching > state.asked.n_dispatched
    )


def _can_build(state: State, left: dict[str, int]) -> bool:
    """Say whether a ranking may hold builds: the lab is open, and not everything waits already."""
    level = state.campaign.build_level
    return level is not None and left[level.name] > 0


def _reserve(state: State, n_slots: int) -> int:
    """Return how many candidates must wait so that no worker does while the decider thinks.

    Beside one for each slot, what the workers finished while it thought last time; so the reserve
    grows by itself where refits grow slower than jobs.
    """
    n_meanwhile = state.asked.n_meanwhile if state.asked else 0
    return min(n_slots + RESERVE_FACTOR * n_meanwhile, LARGEST_RESERVE * n_slots)


def _has_waiting(state: State, spent: Allowance, chosen: set[str], n: int) -> bool:
    """Say whether so many candidates of the backlog could still be dispatched."""
    built = state.campaign.build_level
    for planned in state.backlog.values():
        if n <= 0:
            break
        if built is not None and planned.job.fidelity == built.name:
            continue
        if planned.job.id not in chosen and spent.admits(planned.job.fidelity):
            spent = spent.taking(planned.job.fidelity)
            n -= 1
    return n <= 0
