"""One benchmark run: a decider on a problem with a seed, as a trace kept on disk."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from agents.acquisition.decider import Decider
from experiments.campaign import Campaign
from experiments.job import new_job
from experiments.observation import Observation
from experiments.ranking import Question
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


def run(problem: Problem, decider: Decider, seed: int, *, target_only: bool = False) -> Trace:
    """Spend the problem's budget one evaluation after another."""
    campaign = problem.campaign(seed, target_only=target_only)
    observations: list[Observation] = []
    spent, costs, regrets = 0.0, [], []
    at_target: list[int] = []
    covered = n_predicted = 0
    started = time.perf_counter()
    while any((left := left_of(problem, campaign, spent)).values()):
        ranking = decider.rank(_question(campaign, observations, left))
        if observations:
            regrets.append(_regret(problem, ranking.recommended, observations))
        if not ranking.candidates:
            break
        best = ranking.candidates[0]
        job = new_job(
            campaign.name,
            best.design,
            best.fidelity,
            campaign_seed=seed,
            replicate=best.replicate,
        )
        observation = problem.observe(job)
        for key, predicted in best.predicted.items():
            value = observation.value(key)
            if best.fidelity == TARGET and value is not None:
                n_predicted += 1
                covered += abs(value - predicted.mean) <= 1.96 * predicted.sd
        observations.append(observation)
        spent += problem.cost[best.fidelity]
        costs.append(spent)
        at_target.append(sum(o.job.fidelity == TARGET for o in observations))
    if len(regrets) < len(costs):
        ranking = decider.rank(_question(campaign, observations, left))
        regrets.append(_regret(problem, ranking.recommended, observations))
    return Trace(
        problem=problem.name,
        decider=decider.name,
        version=decider.version,
        seed=seed,
        cost=costs,
        regret=regrets,
        n_target=at_target[-1] if at_target else 0,
        seconds=time.perf_counter() - started,
        covered=covered,
        n_predicted=n_predicted,
        at_target=at_target,
    )


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
    campaign: Campaign, observations: list[Observation], left: dict[str, int]
) -> Question:
    return Question(
        campaign=campaign,
        observations=tuple(observations),
        left=left,
        n_candidates=1,
        position=len(observations),
    )


def _regret(problem: Problem, recommended: object, observations: list[Observation]) -> float:
    evaluated = [unit_point(o.job.design) for o in observations if o.job.fidelity == TARGET]
    design = getattr(recommended, "design", None)
    return float(problem.regret(None if design is None else unit_point(design), evaluated))
