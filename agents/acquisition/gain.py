"""What an evaluation is worth: log improvement + log P(success) + log P(constraints | success)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import norm, qmc

from agents.acquisition.expected_improvement import NoisyImprovement
from agents.acquisition.hypervolume_improvement import log_noisy_hypervolume_improvement
from agents.surrogates.belief import Belief, merit
from agents.surrogates.view import View

N_SAMPLES = 128
"""Of the base in all, shared among the draws of the hyperparameters."""
FEWEST_SAMPLES, MOST_SAMPLES = 8, 32
"""Of one draw."""
N_BASE = 64
LIKELY = 0.5
"""A base design counts as an incumbent when it keeps the constraints with at least this odds."""


class Gain:
    """The log gain of evaluating designs, for one belief and one set of base designs.

    ``base`` (``B x d``) holds what is measured or pending at the target.
    """

    def __init__(self, belief: Belief, base: np.ndarray, *, seed: int) -> None:
        self._belief = belief
        self._base = self._incumbents(base)
        n_objectives = len(belief.campaign.objectives)
        self._normals = _normals(n_objectives * max(len(self._base), 1), seed).reshape(
            MOST_SAMPLES, n_objectives, -1
        )
        self._improvement = self._single() if n_objectives == 1 else self._several

    def at_target(self, view: View) -> np.ndarray:
        """Return the log gain of target evaluations."""
        return np.asarray(self._improvement(view) + _log_odds(view))

    def exploiting(self, view: View) -> np.ndarray:
        """Return what the last evaluations go by: the target's mean, where success is likely.

        In units of the objectives' latent spread, plus the same log odds as a gain.
        """
        return np.asarray(merit(self._belief, view.x) + _log_odds(view))

    def share_revealed(self, view: View, level: int) -> np.ndarray:
        """Return which share of the target's variance at rows an evaluation would remove.

        Averaged over the objectives in logarithms; times the odds that it gives a number at all.
        """
        belief = self._belief
        logs = np.zeros(len(view.x))
        for objective in belief.campaign.objectives:
            key = belief.campaign.metric_key(objective)
            share = belief.processes[key].share_revealed(view.seen(key), view.seen(key, level))
            logs += np.log(share + 1e-300)
        found = np.exp(logs / len(belief.campaign.objectives))
        return np.asarray(found * view.success_probability(level) if level > 0 else found)

    def _single(self) -> Callable[[View], np.ndarray]:
        objective = self._belief.campaign.objectives[0]
        key = self._belief.campaign.metric_key(objective)
        process = self._belief.processes[key]
        sign = 1.0 if objective.sense == "maximize" else -1.0
        n_samples = N_SAMPLES // len(process.weights)
        n_samples = min(max(n_samples, FEWEST_SAMPLES), MOST_SAMPLES)
        improvement = NoisyImprovement(process, sign, self._base, self._normals[:n_samples, 0])
        return lambda view: improvement(view.seen(key))

    def _several(self, view: View) -> np.ndarray:
        return log_noisy_hypervolume_improvement(view, self._base, self._normals)

    def _incumbents(self, base: np.ndarray) -> np.ndarray:
        """Keep the base designs that probably keep the constraints, the best if too many."""
        if len(base) == 0:
            return base
        base = base[View(self._belief, base).constraint_probability() >= LIKELY]
        if len(base) > N_BASE:
            objective = self._belief.campaign.objectives[0]
            process = self._belief.processes[self._belief.campaign.metric_key(objective)]
            mean = process.mean(base)
            order = np.argsort(-mean if objective.sense == "maximize" else mean, kind="stable")
            base = base[order[:N_BASE]]
        return base


def _log_odds(view: View) -> np.ndarray:
    """Return log P(success) + log P(constraints | success) at the target."""
    with np.errstate(divide="ignore"):
        return np.asarray(
            np.log(view.success_probability()) + np.log(view.constraint_probability())
        )


def _normals(n_columns: int, seed: int) -> np.ndarray:
    """Return quasi-random standard normals, ``MOST_SAMPLES x n_columns``."""
    engine = qmc.Sobol(n_columns, scramble=True, rng=np.random.default_rng(seed))
    return np.asarray(norm.ppf(np.clip(engine.random(MOST_SAMPLES), 1e-9, 1 - 1e-9)))
