"""The covariance of all levels: scikit-learn's Matérn kernel, signs, variances, and its factors."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.gaussian_process.kernels import Matern

from agents.surrogates.multi_level_gp import (
    COMMON_MEAN_VARIANCE,
    LEVEL_OFFSET_VARIANCE,
    Hyperparameters,
    Rows,
    covariance,
    factored,
    prior_variance,
)

GROUP = torch.tensor([0, 1])
LENGTHS = [0.3, 0.8]
SD = 1.4


def hyperparameters(slope: float = 0.7) -> Hyperparameters:
    """Return one draw for a target and one cheap level."""
    return Hyperparameters(
        log_length=torch.tensor([LENGTHS], dtype=torch.float64).log(),
        log_sd=torch.tensor([math.log(SD)], dtype=torch.float64),
        slope=torch.tensor([[slope]], dtype=torch.float64),
        log_own_sd=torch.tensor([[math.log(0.5)]], dtype=torch.float64),
        log_own_length=torch.tensor([[math.log(0.2)]], dtype=torch.float64),
        log_noise=torch.zeros(1, 2, dtype=torch.float64),
        warp_logit=torch.zeros(1, dtype=torch.float64),
    )


def rows(n: int, level: int | None = None, seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 2, n) if level is None else np.full(n, level)
    return Rows(torch.as_tensor(rng.uniform(size=(n, 2))), torch.as_tensor(levels))


def test_the_target_s_covariance_is_scikit_learn_s_kernel() -> None:
    a, b = rows(7, 0, seed=1), rows(5, 0, seed=2)
    kernel = Matern(length_scale=LENGTHS, nu=2.5)
    expected = SD**2 * kernel(a.x.numpy(), b.x.numpy())
    expected = expected + COMMON_MEAN_VARIANCE + LEVEL_OFFSET_VARIANCE
    found = covariance(hyperparameters(), GROUP, a, b)[0].numpy()
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_cheap_level_is_the_target_times_its_slope_and_a_part_of_its_own() -> None:
    a, b = rows(6, 1, seed=1), rows(6, 0, seed=1)
    h = hyperparameters(-0.7)
    common = SD**2 * Matern(length_scale=LENGTHS, nu=2.5)(a.x.numpy())
    own = 0.5**2 * Matern(length_scale=0.2, nu=2.5)(a.x.numpy())
    across = covariance(h, GROUP, a, b)[0].numpy()
    assert across == pytest.approx(-0.7 * common + COMMON_MEAN_VARIANCE, abs=1e-9)
    within = covariance(h, GROUP, a, a)[0].numpy()
    offsets = COMMON_MEAN_VARIANCE + LEVEL_OFFSET_VARIANCE
    assert within == pytest.approx(0.49 * common + own + offsets, abs=1e-6)


def test_the_variance_is_the_covariance_s_diagonal_and_the_matrix_is_positive_definite() -> None:
    some = rows(40)
    matrix = covariance(hyperparameters(), GROUP, some, some)
    diagonal = torch.diagonal(matrix, dim1=1, dim2=2)
    assert diagonal.numpy() == pytest.approx(
        prior_variance(hyperparameters(), some.level).numpy(), abs=1e-6
    )
    factor = factored(matrix)
    assert (factor @ factor.transpose(1, 2)).numpy() == pytest.approx(matrix.numpy(), abs=1e-6)


def test_as_little_jitter_is_added_as_it_takes() -> None:
    ones = torch.ones(1, 3, 3, dtype=torch.float64)
    factor = factored(ones)
    assert (factor @ factor.transpose(1, 2))[0].numpy() == pytest.approx(np.ones((3, 3)), abs=1e-6)
    below = ones - 1e-5 * torch.eye(3, dtype=torch.float64)  # its least eigenvalue is -1e-5
    least = torch.full((1, 1, 1), 1e-12, dtype=torch.float64)
    factor = factored(below, least)
    added = factor @ factor.transpose(1, 2) - below
    assert 1e-5 <= float(added[0, 0, 0]) <= 1.1e-4


def test_what_is_no_covariance_is_an_error() -> None:
    with pytest.raises(ArithmeticError, match="not positive definite"):
        factored(-5.0 * torch.eye(2, dtype=torch.float64)[None])
