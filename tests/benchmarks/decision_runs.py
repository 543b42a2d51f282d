"""One benchmark run: a decider on a problem with a seed, as a trace kept on disk."""

from __future__ import annotations

import heapq
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from agents.acquisition.decider import Decider
from experiments.campaign import Campaign
from experiments.job import Job, new_job
from experiments.observation import Observation
from experiments.ranking import Candidate, Question, Ranking
from tests.benchmarks.decision_problems import TARGET, Problem, unit_point


@dataclass(frozen=True)
class Trace:
    """Regret of the recommendation after every observation."""

    problem: str
    decider: str
    version: str
    seed: int
    cost: list[float]
    regret: list[float]
    n_target: int
    seconds: float
    covered: int = 0
    """Target evaluations that fell into the 95% interval predicted when they were proposed."""
    n_predicted: int = 0
    at_target: list[int] = field(default_factory=list)
    """Target evaluations behind every entry of ``cost``."""


def run(
    problem: Problem,
    decider: Decider,
    seed: int,
    *,
    target_only: bool = False,
    n_workers: int = 1,
    spread: float = 1.0,
) -> Trace:
    """Spend the problem's budget, with so many evaluations under way at a time.

    Run times are log-uniform between 1 and ``spread``, and results come in the order they end; the
    decider is asked for one design whenever a worker is free, and sees what is pending. Regret is
    counted over evaluations that have ended.
    """
    campaign = problem.campaign(seed, target_only=target_only)
    random = np.random.default_rng([seed, n_workers])
    done = _Done(problem)
    running: list[tuple[float, int, Job, Candidate]] = []
    spent, now, n_sent = 0.0, 0.0, 0
    started = time.perf_counter()
    while True:
        left = left_of(problem, campaign, spent)
        is_free = len(running) < n_workers and any(left.values())
        if is_free or done.lacks_regret:
            pending = tuple(job for _, _, job, _ in sorted(running, key=lambda one: one[1]))
            ranking = decider.rank(_question(campaign, done.observations, left, pending))
            done.recommend(ranking)
            if is_free and ranking.candidates:
                best = ranking.candidates[0]
                job = new_job(
                    campaign.name,
                    best.design,
                    best.fidelity,
                    campaign_seed=seed,
                    replicate=best.replicate,
                )
                ends = now + spread ** random.random()
                heapq.heappush(running, (ends, n_sent, job, best))
                spent, n_sent = spent + problem.cost[best.fidelity], n_sent + 1
                continue
        if not running:
            break
        now, _, job, best = heapq.heappop(running)
        done.add(problem.observe(job), best)
    return Trace(
        problem=problem.name,
        decider=decider.name,
        version=decider.version,
        seed=seed,
        cost=done.costs,
        regret=done.regrets,
        n_target=done.at_target[-1] if done.at_target else 0,
        seconds=time.perf_counter() - started,
        covered=done.covered,
        n_predicted=done.n_predicted,
        at_target=done.at_target,
    )


class _Done:
    """What has ended, with the regret of what was recommended after each."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.observations: list[Observation] = []
        self.costs: list[float] = []
        self.regrets: list[float] = []
        self.at_target: list[int] = []
        self.covered = self.n_predicted = 0

    @property
    def lacks_regret(self) -> bool:
        """Say whether nothing was recommended yet after the last result."""
        return len(self.regrets) < len(self.observations)

    def add(self, observation: Observation, asked: Candidate) -> None:
        """Take one more result in, and whether it fell where it was predicted."""
        is_target = observation.job.fidelity == TARGET
        for key, predicted in asked.predicted.items():
            value = observation.value(key)
            if is_target and value is not None:
                self.n_predicted += 1
                self.covered += abs(value - predicted.mean) <= 1.96 * predicted.sd
        self.observations.append(observation)
        cost = self._problem.cost[observation.job.fidelity]
        self.costs.append((self.costs[-1] if self.costs else 0.0) + cost)
        self.at_target.append((self.at_target[-1] if self.at_target else 0) + is_target)

    def recommend(self, ranking: Ranking) -> None:
        """Note the regret of a recommendation, once after every result."""
        if self.lacks_regret:
            self.regrets.append(_regret(self._problem, ranking.recommended, self.observations))


def left_of(problem: Problem, campaign: Campaign, spent: float) -> dict[str, int]:
    """Return how many evaluations of each level the rest of the budget could pay."""
    free = problem.budget - spent
    return {f.name: math.floor(free / problem.cost[f.name] + 1e-9) for f in campaign.fidelities}


def kept(folder: Path, name: str, problem: Problem, seed: int) -> Trace | None:
    """Return a trace that was made before, or None."""
    path = folder / problem.name / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    traces = (Trace(**json.loads(line)) for line in lines)
    return next((trace for trace in traces if trace.seed == seed), None)


def cached(
    folder: Path, name: str, problem: Problem, seed: int, make: Callable[[], Trace]
) -> Trace:
    """Return a run's trace, made before or now: one line a seed in ``<problem>/<name>.jsonl``.

    ``name`` holds the decider and its version, so that another version is another file.
    """
    found = kept(folder, name, problem, seed)
    if found is not None:
        return found
    path = folder / problem.name / f"{name}.jsonl"
    trace = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = asdict(trace)
    plain["regret"] = [float(f"{value:.6g}") for value in trace.regret]
    plain["cost"] = [round(value, 6) for value in trace.cost]
    plain["seconds"] = round(trace.seconds, 2)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(plain, separators=(",", ":")) + "\n")
    return trace


def _question(
    campaign: Campaign,
    observations: list[Observation],
    left: dict[str, int],
    pending: tuple[Job, ...],
) -> Question:
    return Question(
        campaign=campaign,
        observations=tuple(observations),
        pending=pending,
        left=left,
        n_candidates=1,
        position=len(observations) + len(pending),
    )


def _regret(problem: Problem, recommended: object, observations: list[Observation]) -> float:
    evaluated = [unit_point(o.job.design) for o in observations if o.job.fidelity == TARGET]
    design = getattr(recommended, "design", None)
    return float(problem.regret(None if design is None else unit_point(design), evaluated))
