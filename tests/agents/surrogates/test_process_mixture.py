"""Draws of the hyperparameters as one process: moments, weights, and honest intervals."""

from __future__ import annotations

import numpy as np
import pytest

from agents.surrogates.fit import fit
from tests.agents.surrogates.test_process import GROUP, data_of, smooth

X = np.random.default_rng(8).random((200, 2))


def test_weights_sum_to_one_and_the_mode_comes_first():
    mixture = fit(data_of(10, 5), GROUP)
    assert mixture.weights.sum() == pytest.approx(1.0)
    assert len(mixture.parts) > 1
    alone = fit(data_of(10, 5), GROUP, n_draws=1)
    np.testing.assert_allclose(mixture.likeliest.mean(X), alone.mean(X))


def test_moments_are_those_of_the_mixture():
    mixture = fit(data_of(6, 3), GROUP)
    mean, sd = mixture.mean_and_sd(X[:1])
    rng = np.random.default_rng(0)
    part = rng.choice(len(mixture.parts), size=200_000, p=mixture.weights)
    each = [p.mean_and_sd(X[:1]) for p in mixture.parts]
    means = np.array([m[0] for m, _ in each])[part]
    sds = np.array([s[0] for _, s in each])[part]
    samples = means + sds * rng.standard_normal(200_000)
    assert mean[0] == pytest.approx(samples.mean(), abs=0.02)
    assert sd[0] == pytest.approx(samples.std(), rel=0.02)


def test_draws_widen_the_intervals_where_little_is_known():
    few = data_of(5, 2)
    _, wide = fit(few, GROUP).mean_and_sd(X)
    _, narrow = fit(few, GROUP, n_draws=1).mean_and_sd(X)
    assert np.median(wide) > np.median(narrow)


def test_the_same_data_give_the_same_draws():
    first, second = (fit(data_of(10, 5), GROUP) for _ in range(2))
    np.testing.assert_array_equal(first.mean(X), second.mean(X))


def test_intervals_cover_a_smooth_function():
    covered = []
    for n in (6, 12, 24):
        mixture = fit(data_of(n, n // 2), GROUP)
        mean, sd = mixture.moments(*mixture.mean_and_sd(X), np.zeros(len(X), int))
        covered.append(np.mean(np.abs(smooth(X) - mean) < 1.96 * sd))
    assert np.mean(covered) > 0.85
