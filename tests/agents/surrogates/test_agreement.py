"""How levels agree, against cases where the answer is known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from agents.surrogates.fit import fit
from tests.agents.surrogates.test_process import GROUP, data_of


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_faithful_level_agrees_with_its_sign(sign):
    agreement = fit(data_of(30, 12, sign=sign), GROUP).agreement
    assert agreement is not None
    assert sign * np.median(agreement.correlation) > 0.9
    assert agreement.chance(1, share=0.5) > 0.9


@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_a_level_of_pure_noise_is_seen_through_whatever_its_size(noise):
    chances = []
    for seed in range(4):
        data = data_of(24, 24)
        x = np.concatenate([data.x[24:], data.x[24:]])
        random = noise * np.random.default_rng(seed).standard_normal(24)
        data = dataclasses.replace(
            data, x=x, y=np.concatenate([random, data.y[24:]]), scatter=(None, None)
        )
        agreement = fit(data, GROUP).agreement
        assert agreement is not None
        chances.append(agreement.chance(1, share=0.1))
    assert np.median(chances) < 0.2


def test_a_level_that_hides_behind_its_noise_shares_little():
    quiet = fit(data_of(30, 12, noise=0.02), GROUP).agreement
    loud = fit(data_of(30, 12, noise=0.6), GROUP).agreement
    assert quiet is not None
    assert loud is not None
    assert np.median(loud.share) < 0.7 < np.median(quiet.share)
