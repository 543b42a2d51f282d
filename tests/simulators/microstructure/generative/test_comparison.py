import numpy as np
import pytest

from simulators.microstructure.generative.comparison import compare


def volumes(mean, sd, n=32, seed=1):
    values = np.random.default_rng(seed).normal(mean, sd, n)
    return [{"tortuosity_0": float(value)} for value in values]


def test_equal_ensembles_lie_within_the_bar():
    (row,) = compare(volumes(3.0, 0.1), volumes(3.0, 0.1, seed=2))
    assert row.is_within
    assert row.is_as_varied
    assert row.low < row.difference < row.high


def test_a_mean_that_is_off_by_six_percent_is_missed():
    (row,) = compare(volumes(3.0, 0.1), volumes(3.18, 0.1, seed=2))
    assert row.difference == pytest.approx(0.06, abs=0.02)
    assert row.is_within is False


def test_an_ensemble_too_scattered_to_tell_is_missed():
    (row,) = compare(volumes(3.0, 0.6, n=5), volumes(3.0, 0.6, n=5, seed=2))
    assert row.is_within is False


def test_too_little_variation_is_seen():
    (row,) = compare(volumes(3.0, 0.1), volumes(3.0, 0.03, seed=2))
    assert row.is_as_varied is False


def test_the_interval_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        a, b = random.normal(2.0, 0.2, 12), random.normal(2.1, 0.4, 12)
        (row,) = compare([{"q": float(v)} for v in a], [{"q": float(v)} for v in b])
        held += row.low <= 0.05 <= row.high
    assert 0.92 <= held / 400 <= 0.98


def test_quantities_that_are_not_defined_are_left_out_and_counted():
    real = [*volumes(3.0, 0.1), {"tortuosity_0": None}]
    (row,) = compare(real, volumes(3.0, 0.1))
    assert (row.n_real, row.n_generated) == (32, 32)
    assert row.is_within


def test_a_different_share_of_undefined_values_is_a_miss():
    generated = [*volumes(3.0, 0.1, n=20), *[{"tortuosity_0": None}] * 12]
    (row,) = compare(volumes(3.0, 0.1), generated)
    assert abs(row.difference) < 0.05
    assert row.is_within is False


def test_fewer_than_two_values_are_reported():
    (row,) = compare([{"tortuosity_0": None}, {"tortuosity_0": 2.0}], volumes(3.0, 0.1, n=2))
    assert (row.real, row.difference, row.is_within) == (2.0, None, None)
    (row,) = compare([{"tortuosity_0": None}] * 8, volumes(3.0, 0.1, n=8))
    assert (row.real, row.n_generated, row.is_within) == (None, 8, False)
