"""Expected improvement against quadrature, far tails and plain sampling."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import norm

from agents.acquisition.expected_improvement import (
    NoisyImprovement,
    SampledBase,
    log_expected_improvement,
)
from agents.surrogates.fit import fit
from tests.agents.surrogates.test_process import GROUP, data_of

MIXTURE = fit(data_of(12, 6), GROUP, n_draws=1)
PROCESS = MIXTURE.likeliest
X = np.random.default_rng(5).random((6, 2))
BASE = np.random.default_rng(6).random((4, 2))


@pytest.mark.parametrize("mean", [-3.0, 0.0, 2.5])
@pytest.mark.parametrize("sd", [0.1, 1.0, 4.0])
def test_it_is_the_integral_of_the_improvement(mean, sd):
    told = log_expected_improvement(np.array([mean]), np.array([sd]), 1.0)[0]
    low = max(1.0, mean - 12 * sd)
    integral, _ = integrate.quad(
        lambda f: (f - 1.0) * norm.pdf(f, mean, sd), low, max(low, mean) + 12 * sd, epsabs=0
    )
    if integral > 1e-200:
        assert told == pytest.approx(math.log(integral), abs=1e-5)


def test_it_stays_finite_and_ordered_far_below_the_best():
    z = -np.logspace(0, 8, 60)
    told = log_expected_improvement(z, np.ones(60), 0.0)
    assert np.isfinite(told).all()
    assert (np.diff(told) < 0).all()
    assert told[30] == pytest.approx(-0.5 * z[30] ** 2 - 0.919 - 2 * math.log(-z[30]), rel=1e-3)


def test_noise_and_pending_work_are_no_improvement():
    normals = np.random.default_rng(0).standard_normal((4000, 4))
    told = np.exp(NoisyImprovement(MIXTURE, 1.0, BASE, normals)(X))
    everything = np.concatenate([X, BASE])
    factor = np.linalg.cholesky(PROCESS.covariance(everything, everything) + 1e-9 * np.eye(10))
    samples = np.random.default_rng(1).standard_normal((200_000, 10)) @ factor.T
    samples += PROCESS.mean(everything)
    gain = np.maximum(samples[:, :6] - samples[:, 6:].max(axis=1, keepdims=True), 0).mean(axis=0)
    np.testing.assert_allclose(told, gain, rtol=0.1, atol=2e-4)


def test_minimising_is_maximising_the_negative():
    normals = np.random.default_rng(0).standard_normal((64, 4))
    up = NoisyImprovement(MIXTURE, 1.0, BASE, normals)(X)
    down = NoisyImprovement(MIXTURE, -1.0, BASE, normals)(X)
    assert not np.allclose(up, down)
    assert PROCESS.mean(X)[up.argmax()] > PROCESS.mean(X)[down.argmax()]


def test_a_base_design_itself_promises_nothing():
    normals = np.random.default_rng(0).standard_normal((64, 4))
    values = NoisyImprovement(MIXTURE, 1.0, BASE, normals)(BASE)
    elsewhere = NoisyImprovement(MIXTURE, 1.0, BASE, normals)(X)
    assert values.max() < elsewhere.max() - 2


def test_conditioning_on_the_base_averages_back_to_the_posterior():
    normals = np.random.default_rng(0).standard_normal((20_000, 4))
    given = SampledBase(PROCESS, BASE, normals).given(X)
    mean, sd = PROCESS.mean_and_sd(X)
    np.testing.assert_allclose(given.mean.mean(axis=0), mean, atol=0.02)
    np.testing.assert_allclose(given.mean.var(axis=0) + given.sd**2, sd**2, rtol=0.05)
