"""The log posterior: its gradients, and vectors that have none."""

from __future__ import annotations

import numpy as np
import pytest

from agents.surrogates.hyper_prior import Layout, Priors
from agents.surrogates.log_posterior import LOST, LogPosterior
from agents.surrogates.standardisation import standardisation
from tests.agents.surrogates.test_process import GROUP, data_of


def posterior_of(data) -> tuple[LogPosterior, Layout]:
    location, scale = standardisation(data)
    layout = Layout(data, GROUP, scale, Priors())
    return LogPosterior(data, GROUP, location, scale, layout), layout


def test_gradients_are_those_of_the_value():
    posterior, layout = posterior_of(data_of(8, 4))
    at = layout.center.numpy() + 0.1
    step = 1e-5 * np.eye(len(at))
    values = posterior.many(np.concatenate([at + step, at - step]))[0]
    slopes = (values[: len(at)] - values[len(at) :]) / 2e-5
    np.testing.assert_allclose(posterior.many(at[None])[1][0], slopes, rtol=1e-4, atol=1e-5)


def test_a_vector_without_a_factor_is_lost_and_spoils_no_other():
    posterior, layout = posterior_of(data_of(8, 4))
    good = layout.center.numpy()
    bad = good.copy()
    bad[2] = np.nan
    values, gradients = posterior.many(np.stack([good, bad]))
    assert values[1] == LOST
    assert not gradients[1].any()
    assert values[0] == pytest.approx(posterior.many(good[None])[0][0])
    np.testing.assert_allclose(gradients[0], posterior.many(good[None])[1][0])
