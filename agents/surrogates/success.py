"""The probability that a design gives a number at a level, learned from design-caused failures.

A Gaussian process classifier by Laplace's approximation (Rasmussen & Williams, Gaussian Processes
for Machine Learning, 2006, algorithms 3.1 and 3.2; logistic link, MacKay's averaged prediction).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import expit

from agents.surrogates.encoding import Encoding
from agents.surrogates.level_data import level_names, usable
from experiments.campaign import Campaign
from experiments.job import Job
from experiments.observation import FailureKind, Observation

SIGNAL_VARIANCE = 9.0
BETWEEN_LEVELS = 0.8
PRIOR_LOGIT = 2.0
"""Success of 88% where nothing is known (assumed: most recipes inside sensible bounds work)."""
MOST_LEARNED = 800
"""So many of the newest observations at most are learned from."""
LENGTHS = (0.15, 0.3, 0.6)
"""Candidate length scales in unit-cube widths per root of the number of columns."""


@dataclass(frozen=True)
class SuccessModel:
    """P(success) at rows and levels; without any failure a constant."""

    n_known: int
    length: float = 1.0
    x: np.ndarray | None = None
    level: np.ndarray | None = None
    gradient: np.ndarray | None = None
    factor: tuple[np.ndarray, bool] | None = None
    root_weights: np.ndarray | None = None

    def probability(self, x: np.ndarray, level: int) -> np.ndarray:
        """Return the probability of success at rows ``n x n_columns``."""
        if self.x is None or self.level is None or self.gradient is None or self.factor is None:
            return np.full(len(x), (self.n_known + 1) / (self.n_known + 2))
        assert self.root_weights is not None
        cross = _kernel(x, np.full(len(x), level), self.x, self.level, self.length)
        mean = PRIOR_LOGIT + cross @ self.gradient
        half = solve_triangular(
            self.factor[0], self.root_weights[:, None] * cross.T, lower=self.factor[1]
        )
        variance = np.maximum(SIGNAL_VARIANCE - (half**2).sum(0), 0.0)
        return np.asarray(expit(mean / np.sqrt(1 + math.pi * variance / 8)))


def learn_success(
    campaign: Campaign,
    observations: Sequence[Observation],
    encoding: Encoding,
    unmakeable: Sequence[Job] = (),
) -> SuccessModel:
    """Return the model of the observations; infrastructure failures do not count.

    ``unmakeable`` are builds that a person said cannot be made: failures at the level that is
    built, where every build that was made is a success.
    """
    levels = level_names(campaign)
    kept = [o for o in usable(campaign, observations) if not _is_infrastructure(o)]
    kept = kept[-MOST_LEARNED:]
    x = encoding.encode([o.job.design for o in kept])
    level = np.array([levels.index(o.job.fidelity) for o in kept], int)
    is_success = np.array([not o.is_failed for o in kept], bool)
    is_solver = np.array(
        [o.failure is not None and o.failure.kind is FailureKind.solver_failed for o in kept], bool
    )
    counts = ~_lonely_solver_failures(x, is_success, is_solver)
    x, level, is_success = x[counts], level[counts], is_success[counts]
    refused = [job for job in unmakeable if campaign.design.contains(job.design)]
    if refused:
        x = np.concatenate([x, encoding.encode([job.design for job in refused])])
        level = np.concatenate([level, [levels.index(job.fidelity) for job in refused]])
        is_success = np.concatenate([is_success, np.zeros(len(refused), bool)])
    if is_success.all():
        return SuccessModel(n_known=len(x))
    fits = [
        _laplace(x, level, is_success, length * math.sqrt(encoding.n_columns)) for length in LENGTHS
    ]
    return max(fits, key=lambda found: found[0])[1]


def _is_infrastructure(observation: Observation) -> bool:
    return observation.failure is not None and observation.failure.kind.is_infrastructure


def _lonely_solver_failures(
    x: np.ndarray, is_success: np.ndarray, is_solver: np.ndarray
) -> np.ndarray:
    """Mark solver failures that do not cluster: the nearest other design succeeded."""
    lonely = np.zeros(len(x), bool)
    for i in np.flatnonzero(is_solver):
        distance = np.sqrt(((x - x[i]) ** 2).sum(1))
        distance[distance < 1e-12] = np.inf
        nearest = int(distance.argmin())
        lonely[i] = not np.isfinite(distance[nearest]) or bool(is_success[nearest])
    return lonely


def _kernel(
    xa: np.ndarray, a: np.ndarray, xb: np.ndarray, b: np.ndarray, length: float
) -> np.ndarray:
    squared = ((xa[:, None, :] - xb[None, :, :]) ** 2).sum(-1)
    distance = math.sqrt(5.0) * np.sqrt(squared) / length
    matern = (1 + distance + distance**2 / 3) * np.exp(-distance)
    between = np.where(a[:, None] == b[None, :], 1.0, BETWEEN_LEVELS)
    return np.asarray(SIGNAL_VARIANCE * between * matern)


def _laplace(
    x: np.ndarray, level: np.ndarray, is_success: np.ndarray, length: float
) -> tuple[float, SuccessModel]:
    """Return the log evidence and the model at one length scale."""
    kernel = _kernel(x, level, x, level, length)
    kernel[np.diag_indices_from(kernel)] += 1e-6
    label = np.where(is_success, 1.0, -1.0)
    latent = np.zeros(len(x))
    weights = np.zeros(len(x))
    for _ in range(30):
        p = expit(PRIOR_LOGIT + latent)
        curvature = np.maximum(p * (1 - p), 1e-10)
        root = np.sqrt(curvature)
        factor = cho_factor(np.eye(len(x)) + root[:, None] * kernel * root, lower=True)
        target = curvature * latent + is_success - p
        weights = target - root * cho_solve(factor, root * (kernel @ target))
        moved = kernel @ weights
        change = float(np.abs(moved - latent).max())
        latent = moved
        if change < 1e-6:
            break
    p = expit(PRIOR_LOGIT + latent)
    root = np.sqrt(np.maximum(p * (1 - p), 1e-10))
    factor = cho_factor(np.eye(len(x)) + root[:, None] * kernel * root, lower=True)
    evidence = (
        -0.5 * float(weights @ latent)
        - float(np.logaddexp(0.0, -label * (PRIOR_LOGIT + latent)).sum())
        - float(np.log(np.diag(factor[0])).sum())
    )
    return evidence, SuccessModel(
        n_known=len(x),
        length=length,
        x=x,
        level=level,
        gradient=is_success - p,
        factor=(np.tril(factor[0]), True),
        root_weights=root,
    )
