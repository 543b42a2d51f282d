"""Runs jobs on an executor: hands ready stage calls to free slots, oldest job first.

A call is handed over only when a slot is free, so its start is known, and the next job's first call
is at hand the moment a slot is free. A job's deadline counts from the start of its first call: the
wait before that is not in it, a wait for a slot between two of its calls is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from agents.artifact_store import ArtifactStore
from agents.chain import Chain
from agents.clock import Clock
from agents.deadlines import Deadlines
from agents.executor import Cancelled, Died, Executor, Finished, Handle, Raised, Returned
from agents.messages import JobFinished, JobLost, JobStarted
from agents.stage_cache import StageCache
from agents.stage_call import StageCall
from experiments.campaign import Campaign
from experiments.errors import Unreachable
from experiments.job import Job
from experiments.observation import Failure, FailureKind, Observation

Told = JobStarted | JobFinished | JobLost
_log = logging.getLogger(__name__)


@dataclass
class _Running:
    """A job with calls under way."""

    chain: Chain
    started_at: str
    deadline_s: float | None = None
    allowed_s: float = 0.0
    ready: list[StageCall] = field(default_factory=list)
    calls: dict[Handle, tuple[StageCall, float]] = field(default_factory=dict)


class JobRunner:
    """All jobs of one campaign that were sent and are not finished."""

    def __init__(
        self,
        executor: Executor,
        campaign: Campaign,
        store: ArtifactStore,
        clock: Clock,
        *,
        stage_versions: Mapping[str, str],
        versions: Mapping[str, str],
        before_call: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._executor = executor
        self._campaign = campaign
        self._store = store
        self._cache = StageCache(store)
        self._clock = clock
        self._stage_versions = stage_versions
        self._versions = versions
        self._before_call = before_call
        self._deadlines = Deadlines(campaign)
        self._waiting: dict[str, Job] = {}
        self._running: dict[str, _Running] = {}
        self._owners: dict[Handle, str | None] = {}
        self._told: list[Told] = []
        self._n_taken = 0

    @property
    def busy(self) -> int:
        """Return how many slots are taken, those of cancelled calls that still end included."""
        return len(self._owners)

    @property
    def is_idle(self) -> bool:
        """Say whether no job is left."""
        return not (self._waiting or self._running)

    @property
    def _has_free_slot(self) -> bool:
        return self.busy + self._n_taken < self._executor.slots

    def add(self, job: Job) -> None:
        """Take a job; one that is here already is not taken twice."""
        if job.id not in self._waiting and job.id not in self._running:
            self._waiting[job.id] = job

    def learn(self, observations: Iterable[Observation]) -> None:
        """Learn from what was observed how long jobs take."""
        for observation in observations:
            self._deadlines.learn(observation)

    def cancel(self, job_id: str) -> None:
        """Drop a job and kill its calls."""
        self._waiting.pop(job_id, None)
        self._drop(job_id)

    def accept(self, finished: Finished) -> bool:
        """Take in a finished call; return whether it was one of ours."""
        if finished.handle not in self._owners:
            return False
        job_id = self._owners.pop(finished.handle)
        run = self._running.get(job_id) if job_id is not None else None
        if run is None or job_id is None:
            return True
        call, _ = run.calls.pop(finished.handle)
        if isinstance(finished, Died):
            self._told.append(JobLost(job_id=job_id, reason=finished.reason))
            self._drop(job_id)
        elif isinstance(finished, Returned):
            self._take_in(run, call, finished)
        elif isinstance(finished, Raised):
            if "traceback" in finished.error.evidence:
                _log.error("%s of job %s: %s", call.name, job_id, finished.error.traceback)
            run.chain.refuse(
                call,
                finished.error,
                elapsed_s=finished.elapsed_s,
                worker=finished.worker,
                held=finished.held,
            )
        elif isinstance(finished, Cancelled):
            self._told.append(JobLost(job_id=job_id, reason="a stage call was cancelled"))
            self._drop(job_id)
        return True

    def step(self, n_taken: int = 0) -> list[Told]:
        """Enforce deadlines, fill free slots, and return what there is to tell.

        ``n_taken`` slots are taken by calls that are not ours.
        """
        self._n_taken = n_taken
        self._end_overdue()
        self._fill()
        told, self._told = self._told, []
        return told

    def _take_in(self, run: _Running, call: StageCall, returned: Returned) -> None:
        """Hand a value to its chain, volumes with their bytes. A lost volume loses the job."""
        packed: bytes | None = None
        try:
            if returned.kept is not None:
                packed = self._executor.get(returned.kept)
        except Unreachable as error:
            self._told.append(JobLost(job_id=run.chain.job.id, reason=error.message))
            self._drop(run.chain.job.id)
            return
        value: BaseModel = returned.value
        run.chain.accept(
            call,
            value,
            kept=returned.kept,
            packed=packed,
            elapsed_s=returned.elapsed_s,
            worker=returned.worker,
            held=returned.held,
        )

    def _fill(self) -> None:
        """Give every free slot the next call, and finish what needs none."""
        for run in list(self._running.values()):
            if not self._advance(run):
                return
        while self._waiting and self._has_free_slot:
            job = self._waiting.pop(next(iter(self._waiting)))
            run = self._running[job.id] = _Running(
                chain=Chain(
                    self._campaign,
                    job,
                    versions=self._stage_versions,
                    cache=self._cache,
                    store=self._store,
                ),
                started_at=self._clock.now(),
            )
            self._advance(run)

    def _advance(self, run: _Running) -> bool:
        """Start what a job is ready for; return whether slots are left."""
        run.ready += run.chain.ready()
        while run.ready and self._has_free_slot:
            self._start(run, run.ready.pop(0))
        if run.chain.is_finished:
            self._finish(run, None)
        return self._has_free_slot

    def _start(self, run: _Running, call: StageCall) -> None:
        job_id, now_s = run.chain.job.id, self._clock.monotonic_s()
        if run.deadline_s is None:
            run.allowed_s = self._deadlines.allowed_s(run.chain.job.fidelity)
            run.deadline_s = now_s + run.allowed_s
            self._told.append(JobStarted(job_id=job_id, stage=call.stage))
        self._before_call(call.name)
        handle = self._executor.submit(call.function, *call.arguments)
        run.calls[handle] = (call, now_s)
        self._owners[handle] = job_id

    def _finish(self, run: _Running, failure: Failure | None) -> None:
        now_s = self._clock.monotonic_s()
        observation = run.chain.observation(
            failure=failure,
            started_at=run.started_at,
            finished_at=self._clock.now(),
            versions=self._versions,
            unfinished_s=sum(now_s - started_s for _, started_s in run.calls.values()),
        )
        self._told.append(JobFinished(observation=observation))
        self._drop(run.chain.job.id)

    def _end_overdue(self) -> None:
        now_s = self._clock.monotonic_s()
        for run in list(self._running.values()):
            if run.deadline_s is not None and now_s >= run.deadline_s:
                stages = ", ".join(sorted({call.stage for call, _ in run.calls.values()}))
                self._finish(
                    run,
                    Failure(
                        kind=FailureKind.timed_out,
                        message=f"not done after {run.allowed_s:g} s"
                        + (f"; {stages} was under way" if stages else "")
                        + self._deadlines.advice(run.chain.job.fidelity),
                        stage=stages or None,
                    ),
                )

    def _drop(self, job_id: str) -> None:
        """Forget a job; its calls are killed, and hold their slots until they are gone."""
        run = self._running.pop(job_id, None)
        if run is not None:
            for handle in run.calls:
                self._owners[handle] = None
                self._executor.cancel(handle)
