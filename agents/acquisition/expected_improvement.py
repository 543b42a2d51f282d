"""Expected improvement in logarithms, exact far into the tail, over noisy and pending points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import erfcx, logsumexp, ndtr

from agents.surrogates.multi_level_gp import factored
from agents.surrogates.process import Process, Seen

_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)
LEAST_JITTER = 1e-6
"""Share of the mean posterior variance. A posterior far below the prior, at rows that lie close
together, keeps few true digits, and then it takes more to cover their rounding."""


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
    ``normals`` is ``n_samples x n_base``, for each draw of the hyperparameters. Without a base, the
    worst value seen is the reference.
    """

    def __init__(
        self, process: Process, sign: float, base: np.ndarray, normals: np.ndarray
    ) -> None:
        self._sign = sign
        self._log_weights = np.log(process.weights)[:, None]
        self._worst = (sign * process.latent).min(axis=1)[:, None]
        self._base = SampledBase(process, base, normals) if len(base) else None

    def __call__(self, seen: Seen) -> np.ndarray:
        """Return the log expected improvement at rows seen at the target."""
        if self._base is None:
            values = log_expected_improvement(self._sign * seen.means, seen.sds, self._worst)
        else:
            given = self._base.given(seen)
            best = (self._sign * self._base.values).max(axis=2)[..., None]
            each = log_expected_improvement(self._sign * given.mean, given.sd[:, None], best)
            values = logsumexp(each, axis=1) - math.log(each.shape[1])
        return np.asarray(logsumexp(values + self._log_weights, axis=0))


@dataclass(frozen=True)
class Given:
    """The target at rows, for each draw, given each sample of the base."""

    mean: np.ndarray
    """``D x n_samples x n``."""
    sd: np.ndarray
    """``D x n``; the same for every sample."""


class SampledBase:
    """Joint samples of the target at base designs, and the target elsewhere given each of them.

    ``values`` is ``D x n_samples x n_base``.
    """

    def __init__(self, process: Process, base: np.ndarray, normals: np.ndarray) -> None:
        self._process = process
        self._seen = process.seen(base)
        self._normals = torch.as_tensor(normals)
        matrix = torch.as_tensor(process.between(self._seen, self._seen))
        variance = torch.diagonal(matrix, dim1=1, dim2=2).abs().mean(1)[:, None, None]
        self._factor = factored(matrix, LEAST_JITTER * variance + 1e-300)
        samples = (self._normals @ self._factor.transpose(1, 2)).numpy()
        self.values = self._seen.means[:, None] + samples

    def given(self, seen: Seen) -> Given:
        """Return the target at rows seen at the target."""
        cross = torch.as_tensor(self._process.between(self._seen, seen))
        gain = torch.linalg.solve_triangular(self._factor, cross, upper=False)
        variance = seen.sds**2 - (gain**2).sum(1).numpy()
        return Given(
            mean=seen.means[:, None] + (self._normals @ gain).numpy(),
            sd=np.sqrt(np.maximum(variance, 1e-10 * seen.sds**2)),
        )
