"""How deciders are compared: one score a run, paired bootstrap bounds, Holm's correction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MARGIN = 0.05
"""Largest disadvantage that still counts as not worse."""
ALPHA = 0.05
N_RESAMPLES = 10_000
FEWEST_SEEDS = 10
"""Below this many pairs the bootstrap of a mean is too sure of itself to pass anything."""


@dataclass(frozen=True)
class Comparison:
    """Ours against one rival on one problem, over paired seeds."""

    problem: str
    rival: str
    n_seeds: int
    difference: float
    """Mean of ours − rival's; negative is better."""
    upper: float
    """One-sided 95% bootstrap bound of the difference."""
    p_value: float
    """Of the hypothesis that ours is worse by at least the margin."""
    passes: bool = False


def score(cost: np.ndarray, regret: np.ndarray, *, budget: float, scale: float) -> float:
    """Return the mean over the budget of a regret curve, in units of ``scale``.

    ``regret[i]`` holds from ``cost[i]`` on; before the first evaluation the first regret counts.
    """
    edges = np.clip(np.append(cost, budget), 0.0, budget)
    widths = np.diff(edges, prepend=0.0)
    values = np.concatenate([regret[:1], regret])
    return float((widths * values).sum() / budget / scale)


def cost_to_reach(cost: np.ndarray, regret: np.ndarray, *, goal: float, budget: float) -> float:
    """Return the cost at which the regret stays at or below a goal; censored at the budget."""
    above = np.flatnonzero(regret > goal)
    last = above[-1] + 1 if len(above) else 0
    return float(min(cost[last], budget)) if last < len(cost) else budget


def compare(problem: str, rival: str, ours: np.ndarray, theirs: np.ndarray) -> Comparison:
    """Compare scores of equal seeds by resampling the pairs."""
    differences = ours - theirs
    rng = np.random.default_rng(0)
    picks = rng.integers(len(differences), size=(N_RESAMPLES, len(differences)))
    means = differences[picks].mean(axis=1)
    return Comparison(
        problem=problem,
        rival=rival,
        n_seeds=len(differences),
        difference=float(differences.mean()),
        upper=float(np.quantile(means, 1.0 - ALPHA)),
        p_value=float((1 + (means >= MARGIN).sum()) / (1 + N_RESAMPLES))
        if len(differences) >= FEWEST_SEEDS
        else 1.0,
    )


def holm(comparisons: list[Comparison]) -> list[Comparison]:
    """Return the comparisons with those that pass under Holm's step-down correction marked."""
    order = np.argsort([c.p_value for c in comparisons], kind="stable")
    passed: set[int] = set()
    for rank, i in enumerate(order):
        if comparisons[i].p_value > ALPHA / (len(comparisons) - rank):
            break
        passed.add(int(i))
    return [Comparison(**{**c.__dict__, "passes": i in passed}) for i, c in enumerate(comparisons)]
