"""Bound what conjugate gradients still lack, from their own coefficients (Gauss-Radau).

Golub & Meurant, Matrices, Moments and Quadrature with Applications, 2010; the recurrence is that
of Meurant & Tichý, Numerical Algorithms 62 (2013) 163. The bound holds when the prescribed node μ
is below every eigenvalue of the preconditioned matrix that the error contains. μ is the smallest
Ritz value seen divided by a safety factor: Ritz values approach the smallest eigenvalue from above,
so the factor covers what they still lack. The tests check the factor on random structures.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import eigvalsh_tridiagonal

SAFETY = 5.0
N_FIRST = 3
"""Iterations before a bound is given: fewer Ritz values say nothing of the spectrum."""


class EnergyBound:
    """Collect step lengths and directions of preconditioned conjugate gradients."""

    def __init__(self, safety: float = SAFETY) -> None:
        self._safety = safety
        self._alphas: list[float] = []
        self._betas: list[float] = []

    def add_step(self, alpha: float, beta: float) -> None:
        """Record a step: its length, and the β that made its direction (0 for the first)."""
        self._alphas.append(alpha)
        self._betas.append(beta)

    @property
    def smallest_ritz(self) -> float:
        """Return the smallest Ritz value of the preconditioned matrix so far."""
        alpha = np.array(self._alphas)
        beta = np.array(self._betas)
        diagonal = 1 / alpha
        diagonal[1:] += beta[1:] / alpha[:-1]
        return float(eigvalsh_tridiagonal(diagonal, np.sqrt(beta[1:]) / alpha[:-1])[0])

    def after_step(self, rz: float) -> float:
        """Bound the squared energy norm of the error after the last step from r·z before it."""
        if len(self._alphas) < N_FIRST:
            return math.inf
        mu = self.smallest_ritz / self._safety
        radau = 1 / mu
        for alpha, beta in zip(self._alphas[:-1], self._betas[1:], strict=True):
            left = radau - alpha
            if left <= 0:
                return math.inf
            radau = left / (mu * left + beta)
        left = radau - self._alphas[-1]
        return left * rz if left > 0 else math.inf
