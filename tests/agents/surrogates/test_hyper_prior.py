"""Priors follow what was measured, and the search starts where explanations differ."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from agents.surrogates.hyper_prior import LARGE_LOG_NOISE, Layout, Priors
from tests.agents.surrogates.test_process import GROUP, data_of

DATA = data_of(6, 3)


def test_a_vector_of_many_unpacks_like_each_alone():
    layout = Layout(DATA, GROUP, 1.0, Priors())
    vectors = torch.randn(4, len(layout.center), generator=torch.Generator().manual_seed(0))
    together = layout.unpack(vectors)
    alone = layout.unpack(vectors[2:3])
    for name, value in vars(together).items():
        torch.testing.assert_close(value[2:3], getattr(alone, name))


def test_measured_scatter_centers_the_noise():
    layout = Layout(DATA, GROUP, 2.0, Priors())
    noise = layout.unpack(layout.center[None]).log_noise[0]
    assert float(noise[0]) == pytest.approx(math.log(0.02**2 / 2.0**2))


def test_noise_is_looked_for_only_where_it_was_not_measured():
    unknown = dataclasses.replace(DATA, scatter=((4e-4, 20), None))
    assert len(Layout(DATA, GROUP, 1.0, Priors()).starts()) == 2
    layout = Layout(unknown, GROUP, 1.0, Priors())
    noisier = layout.unpack(layout.starts()[-1][None]).log_noise[0]
    center = layout.unpack(layout.center[None]).log_noise[0]
    assert float(noisier[1]) == LARGE_LOG_NOISE
    assert float(noisier[0]) == float(center[0])
