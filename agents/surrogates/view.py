"""Designs as a belief sees them, each of its processes asked once."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from agents.surrogates.belief import Belief, modelled_constraints
from agents.surrogates.process import Seen
from experiments.campaign import Constraint
from experiments.ranking import Prediction

Z_95 = 1.959964


class View:
    """Encoded rows ``n x n_columns`` under a belief."""

    def __init__(self, belief: Belief, x: np.ndarray) -> None:
        self.belief = belief
        self.x = x
        self._seen: dict[tuple[str, int], Seen] = {}
        self._success: dict[int, np.ndarray] = {}

    def under(self, belief: Belief) -> View:
        """Return the rows under a later belief, which believed more evaluations."""
        found = View(belief, self.x)
        found._seen = {
            (key, level): belief.processes[key].caught_up(seen)
            for (key, level), seen in self._seen.items()
        }
        found._success = self._success
        return found

    def seen(self, key: str, level: int = 0) -> Seen:
        """Return what a metric's process makes of the rows at a level."""
        if (key, level) not in self._seen:
            self._seen[key, level] = self.belief.processes[key].seen(self.x, level)
        return self._seen[key, level]

    def success_probability(self, level: int = 0) -> np.ndarray:
        """Return P(success) at a level."""
        if level not in self._success:
            self._success[level] = self.belief.success.probability(self.x, level)
        return self._success[level]

    def mean_and_sd(self, key: str) -> tuple[np.ndarray, np.ndarray]:
        """Return a metric's latent posterior mean and standard deviation at the target."""
        seen = self.seen(key)
        return self.belief.processes[key].mixed(seen.means, seen.sds)

    def constraint_probability(self) -> np.ndarray:
        """Return P(all modelled constraints | success) at the target."""
        probability = np.ones(len(self.x))
        for limit in modelled_constraints(self.belief.campaign):
            probability = probability * self._probability_within(limit)
        return probability

    def keeps_constraints(self) -> np.ndarray:
        """Say for each row whether every modelled constraint is kept with its confidence."""
        keeps = np.ones(len(self.x), bool)
        for limit in modelled_constraints(self.belief.campaign):
            keeps &= self._probability_within(limit) >= limit.confidence
        return keeps

    def predict(self) -> list[dict[str, Prediction]]:
        """Return predictions for a next evaluation at the target, its noise included."""
        found: list[dict[str, Prediction]] = [{} for _ in self.x]
        for key, process in self.belief.processes.items():
            latent, deviation = process.next_observation(self.seen(key))
            mean, sd = process.moments(latent, deviation, np.zeros(len(self.x), int))
            low = process.from_latent(latent - Z_95 * deviation)
            high = process.from_latent(latent + Z_95 * deviation)
            for i in range(len(self.x)):
                found[i][key] = Prediction(
                    mean=float(mean[i]), sd=float(sd[i]), low=float(low[i]), high=float(high[i])
                )
        return found

    def _probability_within(self, limit: Constraint) -> np.ndarray:
        """Return P(the noise-free metric keeps a limit) at the target."""
        key = self.belief.campaign.metric_key(limit)
        process, (mean, sd) = self.belief.processes[key], self.mean_and_sd(key)
        above, below = np.ones(len(self.x)), np.zeros(len(self.x))
        if limit.max is not None:
            above = norm.cdf((process.to_latent(limit.max) - mean) / sd)
        if limit.min is not None:
            below = norm.cdf((process.to_latent(limit.min) - mean) / sd)
        return np.clip(above - below, 1e-300, 1.0)
