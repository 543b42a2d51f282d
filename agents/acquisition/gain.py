"""What an evaluation is worth: log improvement + log P(success) + log P(constraints | success)."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm, qmc

from agents.acquisition.expected_improvement import NoisyImprovement
from agents.acquisition.hypervolume_improvement import log_noisy_hypervolume_improvement
from agents.surrogates.belief import Belief, merit

N_SAMPLES = 32
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
            N_SAMPLES, n_objectives, -1
        )
        self._improvement = self._single() if n_objectives == 1 else self._several

    def at_target(self, x: np.ndarray) -> np.ndarray:
        """Return the log gain of target evaluations at rows ``n x d``."""
        belief = self._belief
        values = self._improvement(x)
        with np.errstate(divide="ignore"):
            return np.asarray(
                values
                + np.log(belief.success.probability(x, 0))
                + np.log(belief.constraint_probability(x))
            )

    def exploiting(self, x: np.ndarray) -> np.ndarray:
        """Return what the last evaluations go by: the target's mean, where success is likely.

        In units of the objectives' latent spread, plus the same log odds as a gain.
        """
        belief = self._belief
        return np.asarray(
            merit(belief, x)
            + np.log(belief.success.probability(x, 0))
            + np.log(belief.constraint_probability(x))
        )

    def share_revealed(self, x: np.ndarray, level: int) -> np.ndarray:
        """Return which share of the target's variance at rows an evaluation would remove.

        Averaged over the objectives in logarithms; times the odds that it gives a number at all.
        """
        belief = self._belief
        logs = np.zeros(len(x))
        for objective in belief.campaign.objectives:
            process = belief.processes[belief.campaign.metric_key(objective)]
            logs += np.log(process.share_revealed(x, level) + 1e-300)
        share = np.exp(logs / len(belief.campaign.objectives))
        if level > 0:
            share = share * belief.success.probability(x, level)
        return np.asarray(share)

    def _single(self) -> NoisyImprovement:
        objective = self._belief.campaign.objectives[0]
        mixture = self._belief.processes[self._belief.campaign.metric_key(objective)]
        sign = 1.0 if objective.sense == "maximize" else -1.0
        return NoisyImprovement(mixture, sign, self._base, self._normals[:, 0])

    def _several(self, x: np.ndarray) -> np.ndarray:
        return log_noisy_hypervolume_improvement(self._belief, x, self._base, self._normals)

    def _incumbents(self, base: np.ndarray) -> np.ndarray:
        """Keep the base designs that probably keep the constraints, the best if too many."""
        if len(base) == 0:
            return base
        base = base[self._belief.constraint_probability(base) >= LIKELY]
        if len(base) > N_BASE:
            objective = self._belief.campaign.objectives[0]
            process = self._belief.processes[self._belief.campaign.metric_key(objective)]
            mean = process.mean(base)
            order = np.argsort(-mean if objective.sense == "maximize" else mean, kind="stable")
            base = base[order[:N_BASE]]
        return base


def _normals(n_columns: int, seed: int) -> np.ndarray:
    """Return quasi-random standard normals, ``N_SAMPLES x n_columns``."""
    engine = qmc.Sobol(n_columns, scramble=True, rng=np.random.default_rng(seed))
    return np.asarray(norm.ppf(np.clip(engine.random(N_SAMPLES), 1e-9, 1 - 1e-9)))
