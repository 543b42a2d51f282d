"""What a surrogate learns from: levels in order, failures out, scatter pooled and borrowed."""

from __future__ import annotations

import numpy as np
import pytest

from agents.surrogates.encoding import encoding_of
from agents.surrogates.level_data import level_data, level_names
from experiments.observation import FailureKind
from tests.contracts.decider_contract import ENERGY, campaign_of, observed

CAMPAIGN = campaign_of()
ENCODING = encoding_of(CAMPAIGN.design)


def test_the_target_is_level_zero_and_failures_are_left_out():
    failed = observed(CAMPAIGN, 3, failure=FailureKind.solver_failed)
    data = level_data(CAMPAIGN, (*observed(CAMPAIGN, 9), *failed), ENERGY, ENCODING)
    assert level_names(CAMPAIGN) == ("fine", "coarse")
    assert data.n == 9
    assert list(np.bincount(data.level)) == [3, 6]


def test_scatter_is_pooled_and_borrowed_by_volume():
    data = level_data(CAMPAIGN, observed(CAMPAIGN, 9), ENERGY, ENCODING)
    fine, coarse = data.scatter
    assert fine is not None
    assert coarse is not None
    assert fine == (pytest.approx(2e-6 / 2), 3)
    same_size = (32 * 1.0) ** 3 / (64 * 0.5) ** 3
    assert coarse == (pytest.approx(2e-6 / same_size), 1)


def test_without_any_scatter_none_is_made_up():
    lonely = tuple(o for o in observed(CAMPAIGN, 9) if o.job.fidelity == "coarse")
    assert level_data(CAMPAIGN, lonely, ENERGY, ENCODING).scatter == (None, None)
