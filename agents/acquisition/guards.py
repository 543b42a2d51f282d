"""Not being fooled: cheap levels that mislead are demoted, and the target keeps its quota.

A level is demoted when, after enough paired probes, it is improbable that knowing it would remove a
tenth of the target's variance. It is tried again with one paired evaluation per ten target
evaluations: correlation, not faith, brings it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.acquisition.dispatched import identity
from agents.surrogates.belief import Belief
from experiments.design import Design
from experiments.ranking import Question

MOST_PROBES: Final = 8
"""Pairs wanted before a level is judged (eight pairs at a true correlation of 0.7 estimate anything
from 0.0 to 0.95, hence a posterior and not an estimate)."""
LEAST_SHARE: Final = 0.1
LEAST_CHANCE: Final = 0.2
RETEST_EVERY: Final = 10
TARGET_QUOTA: Final = 0.25
"""Of a budget shared by all levels, at least so much is spent at the target."""


def n_probes(n_target_total: int) -> int:
    """Return how many paired probes a target budget affords: eight, at most a third of it."""
    return max(1, min(MOST_PROBES, n_target_total // 3))


@dataclass(frozen=True)
class Pairs:
    """Designs that were evaluated at the target and at a cheap level, by level."""

    n: dict[str, int]
    n_since: dict[str, int]
    """Target evaluations since the level was last asked."""
    at_target: tuple[Design, ...]
    """Successful target designs, newest first: where a retest would be paired."""


def pairs_of(question: Question) -> Pairs:
    """Count the paired designs of a question."""
    target = question.campaign.target
    seen: dict[str, set[object]] = {f.name: set() for f in question.campaign.fidelities}
    n_since = dict.fromkeys((level for level in seen if level != target), 0)
    at_target: list[Design] = []
    for observation in question.observations:
        job = observation.job
        if job.fidelity == target:
            n_since = {level: n + 1 for level, n in n_since.items()}
        elif job.fidelity in n_since:
            n_since[job.fidelity] = 0
        if job.fidelity in seen and not observation.is_failed and job.design.values:
            seen[job.fidelity].add(identity(job.design))
            if job.fidelity == target:
                at_target.append(job.design)
    for job in (*question.pending, *question.proposed):
        if job.fidelity in n_since:
            n_since[job.fidelity] = 0
    return Pairs(
        n={level: len(found & seen[target]) for level, found in seen.items() if level != target},
        n_since=n_since,
        at_target=tuple(reversed(at_target)),
    )


def demoted_levels(belief: Belief, pairs: Pairs, *, n_wanted: int) -> dict[str, float]:
    """Return the levels demoted after ``n_wanted`` pairs, with the chance that they inform.

    Judged by the first objective.
    """
    key = belief.campaign.metric_key(belief.campaign.objectives[0])
    found: dict[str, float] = {}
    for k, level in enumerate(belief.levels):
        if k > 0 and pairs.n.get(level, 0) >= n_wanted:
            agreement = belief.processes[key].agreement
            if agreement is not None:
                chance = agreement.chance(k, share=LEAST_SHARE)
                if chance < LEAST_CHANCE:
                    found[level] = chance
    return found
