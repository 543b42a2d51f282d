from __future__ import annotations

import numpy as np
import pytest

from experiments.errors import Invalid
from simulators.properties.size_law import fit_size_law, fit_variance_law
from tests.simulators.properties.drawn_values import drawn


def test_the_law_behind_the_values_is_found():
    laws = [
        fit_size_law(drawn(np.random.default_rng(seed), (32, 48, 64, 96), 30)) for seed in range(20)
    ]
    assert np.mean([law.limit for law in laws]) == pytest.approx(2.0, rel=0.003)
    assert np.mean([law.bias_voxels for law in laws]) == pytest.approx(1.5, rel=0.15)
    truth = np.sqrt(30 * 64.0**-3)
    assert np.mean([law.relative_sd(64) for law in laws]) == pytest.approx(truth, rel=0.1)
    held = [abs(law.limit - 2.0) < 2 * law.limit_sd for law in laws]
    assert np.mean(held) >= 0.8


def test_long_correlations_show_in_the_exponent():
    rng = np.random.default_rng(3)
    law = fit_size_law(drawn(rng, (24, 48, 96), 60, exponent=0.7, variance=3.0))
    assert law.exponent == pytest.approx(0.7, abs=0.1)


def test_few_values_lean_on_the_expected_exponent():
    law = fit_size_law(drawn(np.random.default_rng(1), (60, 64), 3))
    assert law.exponent == pytest.approx(1.0, abs=0.1)


def test_one_size_is_enough_for_the_variance_alone():
    values = drawn(np.random.default_rng(4), (48,), 400)
    found = fit_variance_law(values)
    assert found.exponent == pytest.approx(1.0)
    assert found.relative_sd(48) == pytest.approx(
        np.std(values[48]) / np.mean(values[48]), rel=0.01
    )
    with pytest.raises(Invalid, match="three volumes"):
        fit_variance_law({48: [1.0, 2.0]})
    with pytest.raises(Invalid, match="mean is not 0"):
        fit_variance_law({48: [-1.0, 0.0, 1.0]})


@pytest.mark.parametrize("samples", [{32: [1, 2, 3]}, {32: [1, 2, 3], 64: [1, 2]}])
def test_too_few_values_are_refused(samples):
    with pytest.raises(Invalid, match="two sizes"):
        fit_size_law(samples)
