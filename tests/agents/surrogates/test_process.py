"""The multi-level process against gpytorch, brute force, and an anti-correlated level."""

from __future__ import annotations

import dataclasses

import gpytorch
import numpy as np
import pytest
import torch

from agents.surrogates.fit import at_prior, fit
from agents.surrogates.level_data import LevelData
from agents.surrogates.multi_level_gp import (
    COMMON_MEAN_VARIANCE,
    LEVEL_OFFSET_VARIANCE,
)
from agents.surrogates.process import Process

GROUP = (0, 1)
X = np.random.default_rng(8).random((200, 2))


def smooth(x: np.ndarray) -> np.ndarray:
    return np.sin(3 * x[:, 0]) + x[:, 1] ** 2


def data_of(n_cheap: int, n_target: int, *, sign: float = 1.0, noise: float = 0.02) -> LevelData:
    rng = np.random.default_rng(4)
    x = rng.random((n_cheap + n_target, 2))
    level = np.array([1] * n_cheap + [0] * n_target)
    y = np.where(level == 0, smooth(x), sign * 0.8 * smooth(x) + 0.3)
    return LevelData(
        x=x,
        level=level,
        y=y + noise * rng.standard_normal(len(y)),
        job_ids=tuple(map(str, range(len(y)))),
        scatter=((noise**2, 20), (noise**2, 20)),
    )


def likeliest(data: LevelData, group: tuple[int, ...]) -> Process:
    return fit(data, group, n_draws=1)


def without_warp(process: Process) -> Process:
    h = dataclasses.replace(process.hyperparameters, warp_logit=torch.zeros(1, dtype=torch.double))
    z = process.warp.inverse(process.latent)
    return dataclasses.replace(process, hyperparameters=h, latent=z)


def test_posterior_equals_gpytorchs_at_the_same_hyperparameters():
    process = without_warp(likeliest(data_of(10, 5), GROUP))
    h = process.hyperparameters
    slopes = torch.cat([torch.ones(1).double(), h.slope[0]])
    rows = torch.tensor(np.column_stack([process.x, process.level]))

    class Reference(gpytorch.models.ExactGP):
        def __init__(self):
            noise = torch.exp(h.log_noise[0])[torch.as_tensor(process.level)] + 1e-8
            super().__init__(
                rows,
                torch.as_tensor(process.latent[0]),
                gpytorch.likelihoods.FixedNoiseGaussianLikelihood(noise=noise),
            )
            self.mean_module = gpytorch.means.ZeroMean()
            self.matern = gpytorch.kernels.MaternKernel(nu=2.5, ard_num_dims=2)
            self.matern.lengthscale = torch.exp(h.log_length)
            self.own = gpytorch.kernels.MaternKernel(nu=2.5)
            self.own.lengthscale = torch.exp(h.log_own_length[0, 0])
            self.double()

        def forward(self, x):
            level = x[:, 2].long()
            slope = slopes[level] * torch.exp(h.log_sd)
            both_cheap = ((level[:, None] == 1) & (level == 1)).double()
            same = (level[:, None] == level).double()
            matrix = self.matern(x[:, :2]).to_dense() * slope[:, None] * slope
            own_variance = torch.exp(2 * h.log_own_sd[0, 0])
            matrix += both_cheap * own_variance * self.own(x[:, :2]).to_dense()
            matrix = matrix + COMMON_MEAN_VARIANCE + LEVEL_OFFSET_VARIANCE * same
            return gpytorch.distributions.MultivariateNormal(torch.zeros(len(x)).double(), matrix)

    reference = Reference().eval()
    x = np.random.default_rng(1).random((7, 2))
    with torch.no_grad(), gpytorch.settings.fast_computations(False, False, False):
        told = reference(torch.tensor(np.column_stack([x, np.zeros(7)])))
    mean, sd = process.mean_and_sd(x)
    np.testing.assert_allclose(mean, told.mean, atol=1e-5)
    np.testing.assert_allclose(sd, told.variance.sqrt(), rtol=1e-3)
    seen = process.seen(x)
    np.testing.assert_allclose(
        process.between(seen, seen)[0], told.covariance_matrix, atol=1e-5, rtol=1e-3
    )


def test_left_out_equals_leaving_each_value_out():
    process = without_warp(likeliest(data_of(8, 4), GROUP))
    mean, sd = process.left_out()
    for i in range(len(process.x)):
        kept = np.arange(len(process.x)) != i
        without = dataclasses.replace(
            process, x=process.x[kept], level=process.level[kept], latent=process.latent[:, kept]
        )
        level = int(process.level[i])
        m, s = without.mean_and_sd(process.x[i : i + 1], level)
        expected, spread = process.moments(m, s, np.array([level]))
        assert mean[i] == pytest.approx(float(expected[0]), abs=1e-5)
        total = np.hypot(float(spread[0]), process.noise_variance(level) ** 0.5)
        assert sd[i] == pytest.approx(total, rel=1e-3)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_correlated_level_is_information_whatever_its_sign(sign):
    mixture = fit(data_of(30, 6, sign=sign), GROUP)
    assert sign * mixture.correlation(1) > 0.8
    process = mixture.likeliest()
    x = np.random.default_rng(2).random((200, 2))
    mean, _ = process.moments(*process.mean_and_sd(x), np.zeros(200, int))
    with_cheap = np.sqrt(np.mean((mean - smooth(x)) ** 2))
    data = data_of(30, 6)
    alone = data.level == 0
    data = dataclasses.replace(data, x=data.x[alone], y=data.y[alone], level=data.level[alone])
    lone = likeliest(data, GROUP)
    mean, _ = lone.moments(*lone.mean_and_sd(x), np.zeros(200, int))
    assert with_cheap < 0.5 * np.sqrt(np.mean((mean - smooth(x)) ** 2))


def test_share_revealed_is_what_an_observation_removes():
    process = without_warp(likeliest(data_of(10, 5), GROUP))
    x = np.array([[0.21, 0.83]])
    _, before = process.mean_and_sd(x)
    for level in (0, 1):
        _, after = process.believing(x, level).mean_and_sd(x)
        told = process.share_revealed(process.seen(x), process.seen(x, level))[0]
        assert 1 - (after[0] / before[0]) ** 2 == pytest.approx(told, abs=1e-4)


@pytest.mark.parametrize("n_draws", [1, 8])
def test_believing_keeps_the_mean_and_shrinks_the_spread(n_draws):
    process = fit(data_of(10, 5), GROUP, n_draws=n_draws)
    x = np.random.default_rng(3).random((20, 2))
    believed = process.believing(x[:1], 0)
    mean, sd = process.mean_and_sd(x)
    after_mean, after_sd = believed.mean_and_sd(x)
    np.testing.assert_allclose(mean, after_mean, atol=1e-6)
    assert (after_sd <= sd + 1e-9).all()
    assert after_sd[0] < 0.5 * sd[0]


@pytest.mark.parametrize("n_target", [0, 1, 2])
def test_few_points_give_a_finite_process(n_target):
    process = likeliest(data_of(3, n_target), GROUP)
    mean, sd = process.mean_and_sd(np.random.default_rng(0).random((50, 2)))
    assert np.isfinite(mean).all()
    assert (sd > 0).all()


def test_equal_values_give_a_flat_process_without_an_error():
    data = dataclasses.replace(data_of(4, 2), y=np.full(6, 3.7))
    mean, sd = likeliest(data, GROUP).mean_and_sd(np.array([[0.5, 0.5]]))
    center, _ = likeliest(data, GROUP).moments(mean, sd, np.zeros(1, int))
    assert center[0] == pytest.approx(3.7, rel=0.01)


def test_a_constant_shift_between_levels_is_no_reason_for_distrust():
    data = data_of(20, 6)
    shifted = dataclasses.replace(data, y=data.y + np.where(data.level == 1, 500.0, 0.0))
    x = np.random.default_rng(2).random((100, 2))
    process = likeliest(shifted, GROUP)
    mean, _ = process.moments(*process.mean_and_sd(x), np.zeros(100, int))
    assert np.sqrt(np.mean((mean - smooth(x)) ** 2)) < 0.1


def test_the_pooled_scatter_sets_the_noise():
    process = likeliest(data_of(40, 20, noise=0.1), GROUP)
    assert process.noise_variance(0) ** 0.5 == pytest.approx(0.1, rel=0.5)


def test_the_prior_alone_predicts_where_a_fit_is_impossible():
    process = at_prior(data_of(4, 2), GROUP)
    assert np.isfinite(process.mean(np.array([[0.3, 0.3]]))).all()


def test_left_out_intervals_cover_a_cliff():
    rng = np.random.default_rng(0)
    x = rng.random((60, 2))
    y = np.where(x[:, 0] > 0.7, -8 * (x[:, 0] - 0.7), 0.0) + x[:, 1] + 0.02 * rng.normal(size=60)
    data = LevelData(
        x=x,
        level=np.zeros(60, int),
        y=y,
        job_ids=tuple(map(str, range(60))),
        scatter=((4e-4, 30),),
    )
    mean, sd = likeliest(data, GROUP).left_out()
    assert 0.85 <= np.mean(np.abs(y - mean) < 1.96 * sd) <= 1.0


def test_an_expected_evaluation_extends_the_factor_as_if_it_were_made_anew():
    process = fit(data_of(8, 4), GROUP)
    rng = np.random.default_rng(2)
    rows, x = rng.random((3, 2)), rng.random((20, 2))
    believed = process.believing(rows[:2], 1).believing(rows[2:], 0)
    anew = dataclasses.replace(believed, factor=None)
    caught_up = believed.caught_up(process.seen(x))
    for mine in (believed.mean_and_sd(x), believed.mixed(caught_up.means, caught_up.sds)):
        for value, expected in zip(mine, anew.mean_and_sd(x), strict=True):
            np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)


def test_weights_sum_to_one_and_the_mode_comes_first():
    mixture = fit(data_of(10, 5), GROUP)
    assert mixture.weights.sum() == pytest.approx(1.0)
    assert len(mixture.weights) > 1
    alone = fit(data_of(10, 5), GROUP, n_draws=1)
    np.testing.assert_allclose(mixture.likeliest().mean(X), alone.mean(X))


def test_moments_are_those_of_the_mixture():
    mixture = fit(data_of(6, 3), GROUP)
    mean, sd = mixture.mean_and_sd(X[:1])
    rng = np.random.default_rng(0)
    draw = rng.choice(len(mixture.weights), size=200_000, p=mixture.weights)
    seen = mixture.seen(X[:1])
    means, sds = seen.means[draw, 0], seen.sds[draw, 0]
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
