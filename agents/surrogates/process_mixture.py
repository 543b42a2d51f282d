"""Processes at several draws of the hyperparameters, as one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agents.surrogates.agreement import Agreement
from agents.surrogates.process import Process


@dataclass(frozen=True)
class ProcessMixture:
    """Weighted processes of one metric that share data, standardisation and warp.

    Means and standard deviations are the mixture's own moments.
    """

    parts: tuple[Process, ...]
    weights: np.ndarray
    agreement: Agreement | None

    @property
    def likeliest(self) -> Process:
        """Return the process at the most probable hyperparameters."""
        return self.parts[0]

    def at_mode(self) -> ProcessMixture:
        """Return the likeliest process alone."""
        return replace(self, parts=self.parts[:1], weights=np.ones(1))

    @property
    def latent(self) -> np.ndarray:
        """Return the latent values learned from."""
        return self.likeliest.latent

    def to_latent(self, value: float, level: int = 0) -> float:
        """Return the latent value of a metric's value."""
        return self.likeliest.to_latent(value, level)

    def from_latent(self, latent: np.ndarray) -> np.ndarray:
        """Return the metric's values, at the target, of latent ones."""
        process = self.likeliest
        return np.asarray(process.location[0] + process.scale * process.warp.inverse(latent))

    def moments(
        self, mean: np.ndarray, sd: np.ndarray, level: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the metric's mean and standard deviation of normal latent values."""
        return self.likeliest.moments(mean, sd, level)

    def mean(self, x: np.ndarray, level: int = 0) -> np.ndarray:
        """Return the latent posterior mean at rows ``n x n_columns``."""
        return self._average([part.mean(x, level) for part in self.parts])

    def mean_and_sd(self, x: np.ndarray, level: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return the latent posterior mean and standard deviation, noise-free."""
        return self._moments([part.mean_and_sd(x, level) for part in self.parts])

    def predictive(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the latent mean and standard deviation of a next observation at the target."""
        return self._moments([part.predictive(x) for part in self.parts])

    def share_revealed(self, x: np.ndarray, level: int) -> np.ndarray:
        """Return which share of the target's variance at rows one observation removes."""
        return self._average([part.share_revealed(x, level) for part in self.parts])

    def noise_variance(self, level: int) -> float:
        """Return the variance of an observation's noise at a level, in the metric's unit."""
        return float(self._average([np.array(p.noise_variance(level)) for p in self.parts]))

    def correlation(self, level: int) -> float:
        """Return a cheap level's expected correlation with the target over the space."""
        if self.agreement is None:
            return 0.0
        return float(self.agreement.correlation[:, level - 1].mean())

    def lengths(self) -> list[float]:
        """Return the length scales, one per parameter: geometric means."""
        logs = self._average([np.log(part.lengths()) for part in self.parts])
        return [float(value) for value in np.exp(logs)]

    def believing(self, x: np.ndarray, level: int) -> ProcessMixture:
        """Return the processes after observations equal to their own means."""
        return replace(self, parts=tuple(part.believing(x, level) for part in self.parts))

    def left_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Return leave-one-out predictive means and standard deviations, in the metric's unit."""
        return self._moments([part.left_out() for part in self.parts])

    def _average(self, values: list[np.ndarray]) -> np.ndarray:
        return np.asarray(np.tensordot(self.weights, np.stack(values), axes=1))

    def _moments(self, found: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        if len(found) == 1:
            return found[0]
        means = np.stack([mean for mean, _ in found])
        variances = np.stack([sd**2 for _, sd in found])
        mean = self._average(list(means))
        spread = self._average(list(variances + (means - mean) ** 2))
        return mean, np.sqrt(spread)
