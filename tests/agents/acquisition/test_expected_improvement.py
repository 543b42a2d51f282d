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

PROCESS = fit(data_of(12, 6), GROUP, n_draws=1)
DRAWS = fit(data_of(12, 6), GROUP)
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


@pytest.mark.parametrize("process", [PROCESS, DRAWS], ids=["one draw", "several draws"])
def test_noise_and_pending_work_are_no_improvement(process):
    normals = np.random.default_rng(0).standard_normal((4000, 4))
    told = np.exp(NoisyImprovement(process, 1.0, BASE, normals)(process.seen(X)))
    both = process.seen(np.concatenate([X, BASE]))
    factors = np.linalg.cholesky(process.between(both, both) + 1e-9 * np.eye(10))
    rng = np.random.default_rng(1)
    draws = rng.choice(len(process.weights), size=100, p=process.weights)
    samples = np.concatenate(
        [both.means[d] + rng.standard_normal((2000, 10)) @ factors[d].T for d in draws]
    )
    gain = np.maximum(samples[:, :6] - samples[:, 6:].max(axis=1, keepdims=True), 0).mean(axis=0)
    np.testing.assert_allclose(told, gain, rtol=0.1, atol=2e-4)


def test_minimising_is_maximising_the_negative():
    normals = np.random.default_rng(0).standard_normal((64, 4))
    up = NoisyImprovement(PROCESS, 1.0, BASE, normals)(PROCESS.seen(X))
    down = NoisyImprovement(PROCESS, -1.0, BASE, normals)(PROCESS.seen(X))
    assert not np.allclose(up, down)
    assert PROCESS.mean(X)[up.argmax()] > PROCESS.mean(X)[down.argmax()]


def test_a_base_design_itself_promises_nothing():
    normals = np.random.default_rng(0).standard_normal((64, 4))
    values = NoisyImprovement(PROCESS, 1.0, BASE, normals)(PROCESS.seen(BASE))
    elsewhere = NoisyImprovement(PROCESS, 1.0, BASE, normals)(PROCESS.seen(X))
    assert values.max() < elsewhere.max() - 2


def test_conditioning_on_the_base_averages_back_to_the_posterior():
    normals = np.random.default_rng(0).standard_normal((20_000, 4))
    seen = DRAWS.seen(X)
    given = SampledBase(DRAWS, BASE, normals).given(seen)
    np.testing.assert_allclose(given.mean.mean(axis=1), seen.means, atol=0.03)
    np.testing.assert_allclose(given.mean.var(axis=1) + given.sd**2, seen.sds**2, rtol=0.06)
