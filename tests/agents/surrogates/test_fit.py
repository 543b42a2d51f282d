"""Fits: draws, and explanations that a single start would miss."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from agents.surrogates.fit import fit
from tests.agents.surrogates.test_process import GROUP, data_of


def test_unmeasured_noise_is_told_from_a_rough_function():
    data = data_of(40, 12, noise=0.0)
    loud = data.y + np.where(data.level == 1, 1.0, 0.0) * np.random.default_rng(0).normal(
        size=data.n
    )
    process = fit(dataclasses.replace(data, y=loud, scatter=((1e-6, 20), None)), GROUP)
    assert process.noise_variance(1) ** 0.5 == pytest.approx(1.0, rel=0.4)
