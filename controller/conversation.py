"""What control and one life of compute have told each other; none of it outlives the session."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from agents.messages import (
    LEARN_CHUNK,
    Answered,
    Ask,
    AskFailed,
    CancelJob,
    Fault,
    Forget,
    JobFinished,
    JobLost,
    JobStarted,
    Learn,
    Ready,
    RunJob,
)
from controller.backlog import check_ranking
from controller.compute import Compute, GivenBack, Happening, Hopeless, Lost, TakenOver
from controller.decide import AskRanking, Situation
from controller.events import AttemptLost, ComputeLost, ComputeStarted, Event, Observed, Ranked
from controller.growing_map import values_from
from controller.proposing import LabMoment
from controller.second_look import rejected_as
from controller.state import State
from experiments.errors import CellwrightError, Rejected
from experiments.job import Job
from experiments.observation import Observation
from experiments.ranking import Ranking

_TAUGHT_AT_ONCE: Final = 5 * LEARN_CHUNK
"""Observations that one turn of the loop tells a fresh compute: a fifth of a second's work."""
_DIAGNOSIS_GROWTH: Final = 1.1
"""A diagnosis is stored when the observations grew by this factor since the last, so that all
diagnoses together stay of the observations' size."""


class _Asked(NamedTuple):
    """A question under way, and what was known when it was asked."""

    message: Ask
    n_observed: int
    n_dispatched: int
    proposed: tuple[str, ...]
    unmakeable: tuple[str, ...]
    n_proposal_steps: int


class Conversation:
    """Send to compute, and turn what comes back into events."""

    def __init__(self, compute: Compute, log: Callable[[str], None]) -> None:
        self._compute = compute
        self._log = log
        self._n_slots = 0
        self._sent: set[str] = set()
        self._started: set[str] = set()
        self._asked: _Asked | None = None
        self._n_failed_asks = 0
        self._n_taught = 0
        self._n_corrections = 0
        self._request_numbers = itertools.count(1)
        self.is_teaching = False
        """Compute has still to be told of observations."""
        self.note: str | None = None
        """The last thing worth telling a person."""
        self.hopeless: CellwrightError | None = None

    def situation(
        self, n_more: int | None, session_s: float = 0.0, lab: LabMoment | None = None
    ) -> Situation:
        """Return what ``decide`` must know of this moment."""
        return Situation(
            n_slots=self._n_slots,
            sent=frozenset(self._sent),
            started=frozenset(self._started & self._sent),
            is_asking=self._asked is not None or self.is_teaching,
            n_failed_asks=self._n_failed_asks,
            n_more=n_more,
            session_s=session_s,
            lab=lab,
        )

    @property
    def n_slots(self) -> int:
        """Return how many jobs run at once; 0 while there is no compute."""
        return self._n_slots

    @property
    def n_sent(self) -> int:
        """Return how many jobs compute has."""
        return len(self._sent)

    @property
    def n_busy(self) -> int:
        """Return how many jobs are on a worker."""
        return min(self._n_slots, len(self._started & self._sent))

    def run(self, job: Job) -> None:
        """Have a job evaluated."""
        self._compute.send(RunJob(job=job))
        self._sent.add(job.id)

    def withdraw(self, job: Job) -> None:
        """Take a job back."""
        self._compute.send(CancelJob(job_id=job.id))
        self._sent.discard(job.id)

    def ask(self, question: AskRanking, state: State) -> None:
        """Ask the decider, with the journal position and the pending jobs of this moment."""
        message = Ask(
            request_id=f"{state.sessions[-1].epoch}-{next(self._request_numbers)}",
            pending=(*state.in_flight.values(), *jobs_of_builds(state)),
            proposed=tuple(one.proposal.job for one in state.open_proposals),
            unmakeable=tuple(one.proposal.job for one in rejected_as(state, "cannot_make")),
            left=question.left,
            n_candidates=question.n_candidates,
            position=state.position,
        )
        self._asked = _Asked(
            message,
            len(state.observations),
            len(state.dispatches),
            tuple(one.proposal.id for one in state.open_proposals),
            tuple(one.proposal.id for one in rejected_as(state, "cannot_make")),
            state.n_proposal_steps,
        )
        self._compute.send(message)

    def teach(self, state: State) -> None:
        """Tell compute the observations it was not told yet, of very many the first.

        A fresh compute needs them all; asking waits for that, and nothing else does.
        """
        if not self._n_slots or state.outdated is not None:
            return
        if state.n_corrections != self._n_corrections and self._n_taught:
            self._compute.send(Forget())
            self._n_taught = 0
            self._asked = None  # whatever comes of it rests on what does not hold any more
        self._n_corrections = state.n_corrections
        news = itertools.islice(values_from(state.observations, self._n_taught), _TAUGHT_AT_ONCE)
        while chunk := tuple(itertools.islice(news, LEARN_CHUNK)):
            self._compute.send(Learn(observations=chunk))
            self._n_taught += len(chunk)
        self.is_teaching = self._n_taught < len(state.observations)

    def hear(self, happenings: Sequence[Happening], state: State) -> list[Event]:
        """Return what of it is to be stored, in one go, given the state before."""
        events: list[Event] = []
        finished: set[str] = set()
        for happening in happenings:
            events.extend(self._hear(happening, state, finished))
        return events

    def _hear(self, happening: Happening, state: State, finished: set[str]) -> list[Event]:
        match happening:
            case JobFinished(observation=observation):
                return self._finish(observation, state, finished)
            case JobLost(job_id=job_id, reason=reason):
                self._sent.discard(job_id)
                self._started.discard(job_id)
                is_awaited = job_id in state.in_flight and job_id not in finished
                return [AttemptLost(job_id=job_id, reason=reason)] if is_awaited else []
            case JobStarted(job_id=job_id):
                self._started.add(job_id)
            case Answered(request_id=request_id, ranking=ranking):
                return self._take_ranking(request_id, ranking, state)
            case AskFailed(request_id=request_id, message=message):
                self._fail_ask(request_id, message)
            case Ready():
                return [self._begin_life(happening)]
            case TakenOver(ready=ready, kept=kept, reason=reason):
                started = self._started & kept
                self._forget_life()
                self._sent.update(kept)
                self._started.update(started)
                self._log(f"a fresh compute took over, because of the last one: {reason}")
                return [self._begin_life(ready)]
            case GivenBack(jobs=jobs, reason=reason):
                self._sent -= jobs
                self._started -= jobs
                self._log(f"the last compute did not finish {len(jobs)} jobs: {reason}")
            case Lost(reason=reason):
                self._forget_life()
                self._remark(reason)
                return [ComputeLost(reason=reason)]
            case Fault(message=message):
                self._remark(message)
            case Hopeless(error=error):
                self.hopeless = error
        return []

    def _begin_life(self, ready: Ready) -> Event:
        self._n_slots = ready.slots
        self.note = None
        return ComputeStarted(
            slots=ready.slots,
            versions=ready.versions,
            stage_versions=ready.stage_versions,
            nodes=ready.nodes,
        )

    def _finish(self, observation: Observation, state: State, finished: set[str]) -> list[Event]:
        """Return the observation if it is new: a job that was sent twice may answer twice."""
        job = observation.job
        self._sent.discard(job.id)
        self._started.discard(job.id)
        self._n_failed_asks = 0
        if job.id not in state.in_flight or job.id in finished:
            return []
        if state.in_flight[job.id] != job:
            self._log(f"compute answered job {job.id} with another job under its id; ignored")
            return []
        finished.add(job.id)
        return [Observed(observation=observation)]

    def _take_ranking(self, request_id: str, ranking: Ranking, state: State) -> list[Event]:
        asked = self._asked
        if asked is None or asked.message.request_id != request_id:
            return []
        try:
            check_ranking(state.campaign, ranking)
        except Rejected as error:
            self._fail_ask(request_id, error.message)
            return []
        question, n_observed = asked.message, asked.n_observed
        self._asked = None
        self._n_failed_asks = 0
        is_last = not any(question.left.values())
        if not is_last and n_observed < _DIAGNOSIS_GROWTH * state.n_observed_at_diagnosis:
            ranking = ranking.model_copy(update={"diagnosis": None})
        return [
            Ranked(
                ranking=ranking,
                n_observed=n_observed,
                n_dispatched=asked.n_dispatched,
                pending=tuple(job.id for job in question.pending),
                proposed=asked.proposed,
                unmakeable=asked.unmakeable,
                n_proposal_steps=asked.n_proposal_steps,
                left=question.left,
                n_candidates=question.n_candidates,
            )
        ]

    def _fail_ask(self, request_id: str, message: str) -> None:
        if self._asked is not None and self._asked.message.request_id == request_id:
            self._asked = None
            self._n_failed_asks += 1
            self._remark(f"the decider failed: {message}")

    def _forget_life(self) -> None:
        self._n_slots = 0
        self._n_taught = 0
        self.is_teaching = False
        self._sent.clear()
        self._started.clear()
        self._asked = None

    def _remark(self, text: str) -> None:
        self.note = text.splitlines()[0] if text else None
        self._log(text)


def jobs_of_builds(state: State) -> Iterator[Job]:
    """Yield the jobs of the builds under way."""
    for build in state.open_builds:
        yield state.dispatches[build.job_id].job
