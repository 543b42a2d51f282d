"""Stand-ins for the world around control: a clock, a campaign, and a compute without machines."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from agents.messages import (
    Answered,
    Ask,
    AskFailed,
    CancelJob,
    Configure,
    Forget,
    JobFinished,
    Learn,
    Ready,
    RunJob,
)
from controller.compute import Happening
from controller.events import Event, Recorded
from controller.snapshot import Snapshot
from experiments.baseline import RecipeBaseline
from experiments.budget import Budget, Stopping
from experiments.campaign import Campaign, Objective, PartChoice
from experiments.design import Design
from experiments.design_space import Continuous, DesignSpace
from experiments.fidelity import Fidelity
from experiments.frozen import Frozen
from experiments.job import Job
from experiments.observation import Failure, FailureKind, Metric, Observation, Provenance
from experiments.ranking import Candidate, Ranking


class ManualClock:
    """A clock that moves a millisecond whenever it is read, and otherwise when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.elapsed_s())

    def elapsed_s(self) -> float:
        self.seconds += 0.001
        return self.seconds


def small_campaign(
    *,
    budget: Budget | None = None,
    stopping: Stopping | None = None,
    baseline: bool = True,
    name: str = "small",
) -> Campaign:
    """Return a campaign of one variable, two levels and a baseline."""
    return Campaign(
        name=name,
        design=DesignSpace(
            parameters=(Continuous(name="positive.porosity", low=0.2, high=0.5),),
            fixed={"positive.active_wt_pct": 94.0, "positive.thickness_um": 70.0},
        ),
        baseline=RecipeBaseline(design=Design(values={"positive.porosity": 0.33}))
        if baseline
        else None,
        objectives=(
            Objective(
                name="energy",
                metric="specific_energy_Wh_per_kg",
                sense="maximize",
                at_power_W=150,
            ),
        ),
        fidelities=(
            Fidelity(name="coarse", voxels=16, voxel_size_um=1.0),
            Fidelity(name="fine", voxels=32, volumes=2, voxel_size_um=0.5),
        ),
        target="fine",
        budget=budget or Budget(evaluations={"coarse": 6, "fine": 3}),
        stopping=stopping or Stopping(),
        decider=PartChoice(name="sobol"),
        seed=3,
    )


def observe(job: Job, value: float | None = None, *, busy_s: float = 1.0) -> Observation:
    """Return the result the world gives for a job: a smooth function of the porosity."""
    if value is None:
        porosity = float(job.design.values.get("positive.porosity", 0.33))
        value = 200.0 - 1000.0 * (porosity - 0.3) ** 2
    return Observation(
        job=job,
        metrics={"specific_energy_Wh_per_kg": Metric(value=value, samples=(value - 1, value + 1))},
        provenance=Provenance(busy_s=busy_s),
    )


def fail(job: Job, kind: FailureKind = FailureKind.not_percolating) -> Observation:
    return Observation(job=job, failure=Failure(kind=kind, message="as arranged"))


def sequence_ranking(ask: Ask, campaign: Campaign, seen: list[Job]) -> Ranking:
    """Return the next evaluations of a fixed sequence, level after level."""
    dispatched = {job.id: job for job in (*seen, *ask.pending) if job.purpose == "search"}
    done = {(job.design.key, job.fidelity) for job in dispatched.values()}
    candidates: list[Candidate] = []
    for level in campaign.fidelities:
        left = ask.left.get(level.name, 0)
        n = left + sum(fidelity == level.name for _, fidelity in done)
        for i in range(n):
            design = campaign.design.from_unit([(0.5 + 0.618034 * i) % 1.0])
            if left and (design.key, level.name) not in done:
                candidates.append(Candidate(design=design, fidelity=level.name, reason="sequence"))
                left -= 1
    return Ranking(
        position=ask.position,
        decider="sequence",
        decider_version="1",
        candidates=tuple(candidates[: ask.n_candidates]),
    )


class FakeCompute:
    """Answers every message in an order drawn at random, within one process and without time.

    ``is_patient`` lets control wait for nothing, as for a person's word.
    ``misfortune`` is asked before every happening and may return one to happen instead.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        n_slots: int = 2,
        misfortune: Callable[[random.Random], Happening | None] = lambda _: None,
        result: Callable[[Job], Observation] = observe,
        rank: Callable[[Ask, Campaign, list[Job]], Ranking] = sequence_ranking,
        is_patient: bool = False,
    ) -> None:
        self.random = random.Random(seed)
        self.n_slots = n_slots
        self.misfortune = misfortune
        self.result = result
        self.rank = rank
        self.is_patient = is_patient
        self.campaign: Campaign | None = None
        self.learned: list[Observation] = []
        self.jobs: deque[Job] = deque()
        self.asks: deque[Ask] = deque()
        self.sent: list[Frozen] = []
        self.lives = 0
        self.is_stopped = False

    def start(self, configure: Configure) -> None:
        self.campaign = configure.campaign

    def send(self, message: Frozen) -> None:
        self.sent.append(message)
        match message:
            case RunJob(job=job):
                assert all(job.id != other.id for other in self.jobs), "sent twice to one life"
                self.jobs.append(job)
            case CancelJob(job_id=job_id):
                self.jobs = deque(job for job in self.jobs if job.id != job_id)
            case Ask():
                self.asks.append(message)
            case Learn(observations=observations):
                self.learned.extend(observations)
            case Forget():
                self.learned.clear()

    def lose_life(self) -> None:
        self.jobs.clear()
        self.asks.clear()
        self.learned.clear()
        self.lives += 1

    async def next(self, timeout_s: float) -> list[Happening]:
        if self.is_patient and self.lives and not (self.jobs or self.asks):
            await asyncio.sleep(0.001)
            return []
        await asyncio.sleep(0)
        return [self._one()]

    def _one(self) -> Happening:
        if self.lives == 0 or not self.sent:
            self.lives += 1
            self.sent.append(Learn(observations=()))
            return self._ready()
        bad = self.misfortune(self.random)
        if bad is not None:
            self.lose_life()
            self.sent.clear()
            return bad
        choices = [*(["job"] if self.jobs else []), *(["ask"] if self.asks else [])]
        if not choices:
            raise AssertionError("control waits for nothing")
        if self.random.choice(choices) == "ask":
            ask = self.asks.popleft()
            try:
                assert self.campaign is not None
                ranking = self.rank(ask, self.campaign, [o.job for o in self.learned])
            except ValueError as error:
                return AskFailed(request_id=ask.request_id, message=str(error))
            return Answered(request_id=ask.request_id, ranking=ranking)
        running = min(self.n_slots, len(self.jobs))
        job = self.jobs[self.random.randrange(running)]
        self.jobs.remove(job)
        return JobFinished(observation=self.result(job))

    def _ready(self) -> Ready:
        return Ready(slots=self.n_slots, versions={}, stage_versions={"generate": "1"})

    def recycle(self, reason: str) -> None:
        raise AssertionError(f"nobody recycles a fake compute: {reason}")

    async def stop(self) -> None:
        self.is_stopped = True

    def kill(self) -> None:
        self.is_stopped = True


class Watcher:
    """A view that keeps what it was shown."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []

    def update(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)

    def close(self) -> None:
        pass


class MemoryJournal:
    """A journal in memory: the writer's side, for tests without a disk."""

    def __init__(self) -> None:
        self.stored: list[Recorded] = []
        self.epoch = 0
        self.clock = ManualClock()

    def append(
        self,
        campaign: str,
        events: Sequence[Event],
        *,
        accept: Callable[[Sequence[Recorded]], object] = lambda _: None,
    ) -> tuple[Recorded, ...]:
        at, session_s = self.clock.now().isoformat(), self.clock.elapsed_s()
        first = len(self.stored) + 1
        new = [
            Recorded(first + i, campaign, self.epoch, at, session_s, event, "")
            for i, event in enumerate(events)
        ]
        accept(new)
        self.stored.extend(new)
        return tuple(new)
