"""Expected improvement in logarithms, exact far into the tail, over noisy and pending points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
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


def log_noisy_expected_improvement(
    mixture: ProcessMixture, sign: float, x: np.ndarray, base: np.ndarray, normals: np.ndarray
) -> np.ndarray:
    """Return log E[max(f(x) − max f(base), 0)] at the target, latent, over samples of f(base).

    ``base`` holds the designs measured or pending at the target, so neither noise nor work in
    progress counts as an improvement (Letham et al., Bayesian Analysis 14, 2019, section 4).
    ``normals`` is ``n_samples x n_base``. Without a base, the worst value seen is the reference.
    """
    totals = [_log_improvement(part, sign, x, base, normals) for part in mixture.parts]
    with np.errstate(divide="ignore"):
        logs = np.log(mixture.weights)[:, None]
    return np.asarray(logsumexp(np.stack(totals) + logs, axis=0))


def _log_improvement(
    process: Process, sign: float, x: np.ndarray, base: np.ndarray, normals: np.ndarray
) -> np.ndarray:
    if len(base) == 0:
        mean, sd = process.mean_and_sd(x)
        return log_expected_improvement(sign * mean, sd, (sign * process.latent).min())
    given = condition_on_base(process, x, base, normals)
    values = log_expected_improvement(
        sign * given.mean, given.sd[None, :], (sign * given.base).max(axis=1)[:, None]
    )
    return np.asarray(logsumexp(values, axis=0) - math.log(len(normals)))


@dataclass(frozen=True)
class GivenBase:
    """Samples of f at the base, and f at the rows given each sample."""

    base: np.ndarray
    """``n_samples x n_base``."""
    mean: np.ndarray
    """``n_samples x n``."""
    sd: np.ndarray
    """``n``; the same for every sample."""


def condition_on_base(
    process: Process, x: np.ndarray, base: np.ndarray, normals: np.ndarray
) -> GivenBase:
    """Sample f jointly at the base, at the target, and condition f(x) on each sample."""
    mean, sd = process.mean_and_sd(x)
    matrix = process.covariance(base, base)
    matrix[np.diag_indices_from(matrix)] += 1e-6 * float(np.trace(matrix)) / len(base) + 1e-300
    factor = np.linalg.cholesky(matrix)
    gain = np.linalg.solve(factor, process.covariance(base, x))
    variance = np.maximum(sd**2 - (gain**2).sum(axis=0), 1e-10 * sd**2)
    return GivenBase(
        base=process.mean(base) + normals @ factor.T,
        mean=mean[None, :] + normals @ gain,
        sd=np.sqrt(variance),
    )
