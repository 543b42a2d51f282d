"""How far cheap levels vary with the target over the design space, as a posterior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from scipy.stats import norm, qmc

from agents.surrogates.hyper_prior import Layout

N_DRAWS: Final = 256


@dataclass(frozen=True)
class Agreement:
    """Posterior draws, ``N_DRAWS x (n_levels - 1)``."""

    correlation: np.ndarray
    """Signed, between a cheap level and the target, noise-free."""
    share: np.ndarray
    """Which share of one observation's variation, noise included, is the target's: what the level
    could remove of the target's variance."""

    def chance(self, level: int, *, share: float) -> float:
        """Return P(a cheap level can remove at least a share of the target's variance)."""
        return float((self.share[:, level - 1] >= share).mean())


def agreement_of(
    layout: Layout,
    mode: np.ndarray,
    spread: np.ndarray,
    x: np.ndarray,
    target_variance: float,
) -> Agreement:
    """Return the agreement under a normal posterior (``mode`` and a root of its covariance).

    ``x`` are encoded designs all over the space, between which the target is known to vary by
    ``target_variance``. What a level adds of its own varies as its kernel says: by the mean squared
    difference between designs, so that a long length scale does not pass for a large effect.
    """
    n = len(spread)
    engine = qmc.Sobol(n, scramble=True, rng=np.random.default_rng(1))
    normals = norm.ppf(np.clip(engine.random(N_DRAWS), 1e-6, 1 - 1e-6))
    vectors = np.column_stack([mode[:n] + normals @ spread.T, np.zeros(N_DRAWS)])
    h = layout.unpack(torch.as_tensor(vectors))
    squared = (x[:, None, :] - x[None, :, :])[np.triu_indices(len(x), 1)] ** 2
    shared = h.slope.numpy() ** 2 * target_variance
    whole = squared.sum(axis=1)[:, None]
    own = np.empty_like(shared)
    for k in range(own.shape[1]):
        own[:, k] = _variation(whole * torch.exp(-2 * h.log_own_length[:, k]).numpy())
    own *= torch.exp(2 * h.log_own_sd).numpy()
    noise = torch.exp(h.log_noise).numpy()[:, 1:]
    return Agreement(
        correlation=np.sign(h.slope.numpy()) * np.sqrt(shared / (shared + own + 1e-12)),
        share=shared / (shared + own + noise + 1e-12),
    )


def _variation(squared: np.ndarray) -> np.ndarray:
    """Return the mean of 1 − k over pairs of designs (rows), for every draw (column)."""
    distance = np.sqrt(5.0 * squared)
    matern = (1 + distance + distance**2 / 3) * np.exp(-distance)
    return np.asarray(1.0 - matern.mean(axis=0))
