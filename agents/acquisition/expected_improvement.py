"""Expected improvement in logarithms, exact far into the tail, over noisy and pending points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import erfcx, logsumexp, ndtr

from agents.surrogates.process import Process
from agents.surrogates.process_mixture import ProcessMixture

_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


def log_expected_improvement(
    mean: np.ndarray, sd: np.ndarray, best: np.ndarray | float
) -> np.ndarray:
    """Return log E[max(f − best, 0)] for normal f; shapes broadcast.

    Ament et al., Unexpected Improvements to Expected Improvement (NeurIPS 2023), eq. 9.
    """
    z = (mean - best) / sd
    near = np.maximum(z, -1.0)
    density = np.exp(-0.5 * near**2 - _LOG_ROOT_2PI)
    plain = np.log(density + near * ndtr(near))
    far = np.minimum(z, -1.0)
    ratio = -far * math.sqrt(math.pi / 2) * erfcx(-far / math.sqrt(2))
    with np.errstate(divide="ignore"):
        tail = np.log(np.maximum(1.0 - ratio, 0.0))
    tail = np.where(far < -1e4, -2.0 * np.log(-far), tail)
    tail = -0.5 * far**2 - _LOG_ROOT_2PI + tail
    return np.asarray(np.where(z > -1.0, plain, tail) + np.log(sd))


class NoisyImprovement:
    """Log E[max(f(x) − max f(base), 0)] at the target, latent, over samples of f(base).

    ``base`` holds the designs measured or pending at the target, so neither noise nor work in
    progress counts as an improvement (Letham et al., Bayesian Analysis 14, 2019, section 4).
    ``normals`` is ``n_samples x n_base``. Without a base, the worst value seen is the reference.
    """

    def __init__(
        self, mixture: ProcessMixture, sign: float, base: np.ndarray, normals: np.ndarray
    ) -> None:
        self._sign = sign
        self._parts = mixture.parts
        self._log_weights = np.log(mixture.weights)
        self._bases = [SampledBase(part, base, normals) for part in self._parts if len(base)]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the log expected improvement at rows ``n x n_columns``."""
        if self._bases:
            totals = [self._beyond(base, x) for base in self._bases]
        else:
            totals = [self._above_worst(part, x) for part in self._parts]
        return np.asarray(logsumexp(np.stack(totals) + self._log_weights[:, None], axis=0))

    def _above_worst(self, process: Process, x: np.ndarray) -> np.ndarray:
        mean, sd = process.mean_and_sd(x)
        worst = float((self._sign * process.latent).min())
        return log_expected_improvement(self._sign * mean, sd, worst)

    def _beyond(self, base: SampledBase, x: np.ndarray) -> np.ndarray:
        given = base.given(x)
        best = (self._sign * base.values).max(axis=1)[:, None]
        values = log_expected_improvement(self._sign * given.mean, given.sd[None, :], best)
        return np.asarray(logsumexp(values, axis=0) - math.log(len(values)))


@dataclass(frozen=True)
class Given:
    """The target at rows, given each sample of the base."""

    mean: np.ndarray
    """``n_samples x n``."""
    sd: np.ndarray
    """``n``; the same for every sample."""


class SampledBase:
    """Joint samples of the target at base designs, and the target elsewhere given each of them.

    ``values`` is ``n_samples x n_base``.
    """

    def __init__(self, process: Process, base: np.ndarray, normals: np.ndarray) -> None:
        self._process = process
        self._seen = process.seen(base)
        self._normals = normals
        matrix = process.between(self._seen, self._seen)
        matrix[np.diag_indices_from(matrix)] += 1e-6 * float(np.trace(matrix)) / len(base) + 1e-300
        self._factor = np.linalg.cholesky(matrix)
        self.values = self._seen.mean + normals @ self._factor.T

    def given(self, x: np.ndarray) -> Given:
        """Return the target at rows ``n x n_columns``."""
        seen = self._process.seen(x)
        gain = solve_triangular(
            self._factor, self._process.between(self._seen, seen), lower=True, check_finite=False
        )
        variance = np.maximum(seen.sd**2 - (gain**2).sum(axis=0), 1e-10 * seen.sd**2)
        return Given(mean=seen.mean[None, :] + self._normals @ gain, sd=np.sqrt(variance))
