"""What going on promises: the expected gain of one more evaluation, and a bound on the regret.

Both are read from joint samples of the objective at the designs measured at the target and at the
contenders, over all draws of the hyperparameters. Stopping at an expected gain below the cost of an
evaluation: Xie et al., Cost-aware Stopping for Bayesian Optimization (2025). Stopping when the best
point lies within a tolerance of the optimum with a stated probability under the model: Wilson,
Stopping Bayesian Optimization with Probabilistic Regret Bounds (NeurIPS 2024). The optimum is that
of the pool, so what lies between its designs is not seen.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.acquisition.expected_improvement import SampledBase
from agents.acquisition.gain import LIKELY
from agents.acquisition.known_constraints import Screen
from agents.surrogates.belief import Belief
from agents.surrogates.view import View
from experiments.design import Design
from experiments.ranking import Prospect, Question

N_CONTENDERS: Final = 192
"""Designs of the pool that are sampled: those with the highest upper 97.5% quantiles."""
N_MEASURED: Final = 64
N_SAMPLES: Final = 1024
"""In all, shared among the draws of the hyperparameters."""
PROBABILITY: Final = 0.95
Z_975: Final = 1.959964


def prospect(
    question: Question, belief: Belief, designs: list[Design], screen: Screen
) -> Prospect | None:
    """Return the prospect among ``designs``; None with several objectives or nothing measured.

    A measured design counts as the best only where it passes the screen, which a baseline need
    not, and probably keeps the constraints; a contender's gain counts with its odds of success.
    """
    campaign = question.campaign
    if len(campaign.objectives) > 1:
        return None
    objective = campaign.objectives[0]
    key = campaign.metric_key(objective)
    measured = [
        observation.job.design
        for observation in question.observations
        if observation.job.fidelity == campaign.target
        and observation.value(key) is not None
        and campaign.design.contains(observation.job.design)
        and screen(campaign, observation.job.design) is None
    ]
    base = _kept(belief, measured)
    if len(base) == 0:
        return None
    process = belief.processes[key]
    sign = 1.0 if objective.sense == "maximize" else -1.0
    order = np.argsort(-sign * process.mean(base), kind="stable")[:N_MEASURED]
    base = base[order]
    contenders, odds = _contenders(belief, designs, sign)
    n_samples = max(1, N_SAMPLES // len(process.weights))
    rng = np.random.default_rng([question.campaign.seed, question.position, 2])
    rows = np.concatenate([base, contenders])
    normals = rng.standard_normal((n_samples, len(rows)))
    values = sign * process.from_latent(SampledBase(process, rows, normals).values)
    best, there = values[..., : len(base)], values[..., len(base) :]
    gain = np.maximum(there - best.max(axis=2, keepdims=True), 0.0)
    expected = np.einsum("d,dsn->n", process.weights, gain) / n_samples * odds
    possible = there[..., odds >= LIKELY].max(axis=2, initial=-np.inf)
    regret = np.maximum(possible, best.max(axis=2)) - best[..., 0]
    weights = np.repeat(process.weights / n_samples, n_samples)
    return Prospect(
        expected_gain=float(expected.max(initial=0.0)),
        regret_bound=max(0.0, _quantile(regret.reshape(-1), weights)),
    )


def _kept(belief: Belief, measured: list[Design]) -> np.ndarray:
    """Return the rows of the measured designs that probably keep the constraints."""
    rows = belief.encoding.encode(measured)
    if len(rows) == 0:
        return rows
    return rows[View(belief, rows).constraint_probability() >= LIKELY]


def _contenders(
    belief: Belief, designs: list[Design], sign: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that may be best, and their odds of success within the constraints."""
    view = View(belief, belief.encoding.encode(designs))
    key = belief.campaign.metric_key(belief.campaign.objectives[0])
    mean, sd = view.mean_and_sd(key)
    odds = view.success_probability() * view.constraint_probability()
    upper = np.where(odds >= LIKELY, sign * mean + Z_975 * sd, -np.inf)
    order = np.argsort(-upper, kind="stable")[:N_CONTENDERS]
    return view.x[order], odds[order]


def _quantile(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the least value that ``PROBABILITY`` of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    place = int(np.searchsorted(np.cumsum(weights[order]), PROBABILITY * weights.sum()))
    return float(values[order][min(place, len(values) - 1)])
