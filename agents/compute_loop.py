"""The event loop of compute: messages to calls, finished calls to messages, a pulse in between."""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import Empty
from typing import Final, Protocol

from agents.asker import Asker
from agents.clock import Clock
from agents.code_version import code_version
from agents.executor import Cancelled, Died, Executor, Finished, Handle, Raised, Returned
from agents.job_runner import JobRunner, Told
from agents.json_log import about
from agents.messages import (
    Ask,
    CancelJob,
    Configure,
    Fault,
    Forget,
    Heartbeat,
    JobFinished,
    JobLost,
    JobStarted,
    Learn,
    Ready,
    RunJob,
    Score,
    Shutdown,
    ToCompute,
    ToControl,
    decode_to_compute,
)
from agents.patient_store import PatientStore
from agents.stages import stage_versions, warm_up
from agents.worker_environment import versions
from experiments.errors import Invalid, Transient
from experiments.job import Job
from experiments.observation import Observation

HEARTBEAT_S: Final = 5.0
TICK_S: Final = 0.05
"""How long a message may wait while calls are under way."""

_log = logging.getLogger(__name__)


class Lines(Protocol):
    """Lines that have come and were not read: a queue."""

    def get(self, block: bool = True, timeout: float | None = None) -> bytes | Invalid | None:
        """Return the next line, None at the end. Raises ``Empty`` where none comes in time."""
        ...


class Inbox(Protocol):
    """Where control's messages come in."""

    @property
    def lines(self) -> Lines:
        """Return the queue."""
        ...


class ComputeLoop:
    """Everything compute does for one campaign, one turn at a time."""

    def __init__(
        self,
        configure: Configure,
        *,
        executor: Executor,
        tell: Callable[[ToControl], None],
        clock: Clock,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._heartbeat_s = heartbeat_s
        self._campaign = configure.campaign
        self._store = PatientStore(configure.artifact_url)
        self._untold: list[Told] = []
        self._has_complained = False
        self._executor = executor
        self._tell = tell
        self._clock = clock
        self._asker = Asker(executor, configure.campaign)
        self._runner: JobRunner | None = None
        self._early: list[Job] = []
        self._learned_early: list[Observation] = []
        self._pulse: tuple[Handle, float] | None = None
        self._next_pulse_s = clock.monotonic_s()
        self._n_pulses = 0
        self._preparations = {
            executor.submit(stage_versions, configure.campaign.generator)
            for _ in range(executor.slots)
        }
        self._asker.prepare()

    def turn(self, messages: Inbox) -> bool:
        """Do everything there is to do, waiting a little for more; return whether to go on."""
        self._beat()
        if self._is_anything_under_way:
            for finished in self._executor.wait(TICK_S):
                self._accept(finished)
            line = _next_line(messages, wait_s=0.0)
        else:
            line = _next_line(messages, wait_s=self._next_pulse_s - self._clock.monotonic_s())
        while line is not _NOTHING:
            if line is None or not self._obey(_decoded(line)):
                return False
            line = _next_line(messages, wait_s=0.0)
        self._advance()
        return True

    @property
    def _is_anything_under_way(self) -> bool:
        return bool(
            self._preparations
            or self._pulse
            or self._asker.is_busy
            or (self._runner is not None and (self._runner.busy or not self._runner.is_idle))
        )

    def _obey(self, message: ToCompute) -> bool:
        """Act on a message of control; return whether to go on."""
        match message:
            case RunJob(job=job):
                if self._runner is None:
                    self._early.append(job)
                else:
                    self._runner.add(job)
            case CancelJob(job_id=job_id):
                self._early = [job for job in self._early if job.id != job_id]
                if self._runner is not None:
                    self._runner.cancel(job_id)
            case Learn(observations=observations):
                self._asker.learn(observations)
                self._learn(observations)
            case Forget():
                self._asker.forget()
            case Ask():
                self._asker.ask(message)
            case Score():
                self._asker.score(message)
            case Shutdown():
                return False
            case Configure():
                raise Invalid("control configured compute twice")
        return True

    def _learn(self, observations: tuple[Observation, ...]) -> None:
        if self._runner is None:
            self._learned_early.extend(observations)
        else:
            self._runner.learn(observations)

    def _accept(self, finished: Finished) -> None:
        """Hand a finished call to whoever started it."""
        if finished.handle in self._preparations:
            self._preparations.discard(finished.handle)
            self._prepared(finished)
        elif self._pulse is not None and finished.handle == self._pulse[0]:
            self._felt_pulse(finished, self._pulse[1])
        elif self._runner is None or not self._runner.accept(finished):
            answer = self._asker.accept(finished)
            if answer is not None:
                self._tell(answer)

    def _advance(self) -> None:
        """Let the jobs go on, and tell what came of them."""
        if self._runner is None:
            return
        is_full = not self._store.flush()
        n_taken = self._executor.slots if is_full else len(self._preparations)
        self._untold += self._runner.step(n_taken=n_taken)
        self._complain(self._store.refusal)
        if self._store.refusal is None:
            untold, self._untold = self._untold, []
            for told in untold:
                self._tell(told)
                self._note(told)

    def _note(self, told: ToControl) -> None:
        """Log what was told of a job."""
        name = self._campaign.name
        if isinstance(told, JobFinished):
            job, failure = told.observation.job, told.observation.failure
            context = about(
                campaign=name,
                job=job.id,
                fidelity=job.fidelity,
                failure=None if failure is None else failure.kind.value,
                busy_s=round(told.observation.provenance.busy_s, 3),
            )
            _log.info("job finished", extra=context)
        elif isinstance(told, JobStarted):
            _log.info("job started", extra=about(campaign=name, job=told.job_id, stage=told.stage))
        elif isinstance(told, JobLost):
            context = about(campaign=name, job=told.job_id, reason=told.reason)
            _log.warning("job lost", extra=context)

    def _complain(self, refusal: str | None) -> None:
        """Say once that the disk is full, and once that it is not any more."""
        if (refusal is not None) != self._has_complained:
            self._has_complained = refusal is not None
            state = "the disk has room again" if refusal is None else f"the disk is full: {refusal}"
            self._tell(Fault(message=state, is_fatal=False))

    def _warm_up(self) -> None:
        """Let every slot import the rest while control makes up its mind.

        Without workers of its own an executor imports when it must.
        """
        if self._executor.nodes:
            self._preparations |= {
                self._executor.submit(warm_up) for _ in range(self._executor.slots)
            }

    def _prepared(self, finished: Finished) -> None:
        """Start with the first slot that is ready; the others may still import."""
        if isinstance(finished, Raised):
            raise finished.error
        if self._runner is not None or isinstance(finished, Cancelled):
            return
        if isinstance(finished, Died):
            raise Transient(f"a worker died while it was prepared: {finished.reason}")
        here = {"cellwright": code_version(), **versions()}
        self._runner = JobRunner(
            self._executor,
            self._campaign,
            self._store,
            self._clock,
            stage_versions=finished.value,
            versions=here,
        )
        self._runner.learn(self._learned_early)
        self._learned_early.clear()
        for job in self._early:
            self._runner.add(job)
        self._early.clear()
        self._warm_up()
        self._tell(
            Ready(
                slots=self._executor.capacity,
                versions=here,
                stage_versions=finished.value,
                nodes=self._executor.nodes,
                dashboard=self._executor.dashboard,
            )
        )

    def _beat(self) -> None:
        """Start a pulse when one is due and none is under way."""
        now_s = self._clock.monotonic_s()
        if self._pulse is None and now_s >= self._next_pulse_s:
            self._next_pulse_s = now_s + self._heartbeat_s
            self._pulse = (self._executor.pulse(), now_s)

    def _felt_pulse(self, finished: Finished, started_s: float) -> None:
        self._pulse = None
        if not isinstance(finished, Returned):
            _log.warning("a pulse was lost: %s", finished)
            return
        self._n_pulses += 1
        self._tell(
            Heartbeat(
                sequence=self._n_pulses,
                round_trip_s=self._clock.monotonic_s() - started_s,
                busy=self._runner.busy if self._runner is not None else 0,
            )
        )


class _Nothing:
    """No line has come."""


_NOTHING: Final = _Nothing()


def _next_line(messages: Inbox, *, wait_s: float) -> bytes | Invalid | _Nothing | None:
    try:
        if wait_s <= 0.0:
            return messages.lines.get(block=False)
        return messages.lines.get(timeout=wait_s)
    except Empty:
        return _NOTHING


def _decoded(line: bytes | Invalid | _Nothing) -> ToCompute:
    if isinstance(line, Invalid):
        raise line
    assert isinstance(line, bytes)
    return decode_to_compute(line)
