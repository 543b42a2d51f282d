from __future__ import annotations

import sys

import numpy as np
import pytest

from agents.acquisition.known_constraints import unconstrained
from agents.acquisition.optuna_search import OptunaDecider
from experiments.errors import Invalid
from experiments.observation import FailureKind
from tests.contracts.decider_contract import (
    FINE,
    DeciderContract,
    campaign_of,
    observed,
    question_of,
)

pytest.importorskip("optuna", reason="the extra optuna is not installed")


class TestContract(DeciderContract):
    @pytest.fixture
    def make(self):
        return lambda screen: OptunaDecider(screen=screen)


def distances(observations, n=6) -> np.ndarray:
    """Return how far suggestions after many observations lie from the best one."""
    campaign = campaign_of(fidelities=(FINE,))
    decider = OptunaDecider(screen=unconstrained)
    found = decider.rank(question_of(campaign, observations(campaign), n_candidates=n))
    units = np.array([campaign.design.to_unit(c.design) for c in found.candidates])
    return np.abs(units - 0.3).max(axis=1)


def test_it_searches_where_values_are_good():
    def near_a_third(campaign):
        return observed(
            campaign,
            40,
            value=lambda d: -sum((u - 0.3) ** 2 for u in campaign.design.to_unit(d)),
        )

    assert np.median(distances(near_a_third)) < 0.2


def test_it_avoids_where_designs_fail_and_not_where_machines_do():
    campaign = campaign_of(fidelities=(FINE,))

    def ended(kind):
        few = observed(campaign, 40)
        lost = observed(campaign, 40, failure=kind)
        return tuple(
            bad if campaign.design.to_unit(good.job.design)[0] > 0.4 else good
            for good, bad in zip(few, lost, strict=True)
        )

    def share_beyond(kind):
        asked = question_of(campaign, ended(kind), n_candidates=8)
        ranking = OptunaDecider(screen=unconstrained).rank(asked)
        return np.mean([campaign.design.to_unit(c.design)[0] > 0.4 for c in ranking.candidates])

    assert share_beyond(FailureKind.not_percolating) < share_beyond(FailureKind.worker_died)


def test_without_the_library_the_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(Invalid, match=r"pip install 'cellwright\[optuna\]'"):
        OptunaDecider()


def test_options_are_checked():
    with pytest.raises(Invalid, match="n_startup must be at least 1, not 0"):
        OptunaDecider(n_startup=0)
