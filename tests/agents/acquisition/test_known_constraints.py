"""Known constraints against the real recipe arithmetic."""

from __future__ import annotations

import pytest

from agents.acquisition.known_constraints import unconstrained, violation
from agents.acquisition.sobol import SobolDecider
from experiments.design import Design
from experiments.errors import Invalid
from experiments.ranking import Question
from tests.agents.acquisition.stand_in import ACTIVE, POROSITY, THICKNESS, electrode_campaign


def design(active: float, porosity: float, thickness_um: float) -> Design:
    return Design(values={ACTIVE: active, POROSITY: porosity, THICKNESS: thickness_um})


def test_a_usual_coating_passes():
    assert violation(electrode_campaign(), design(96, 0.32, 70)) is None


def test_a_coating_over_the_areal_limit_is_named_with_its_value():
    told = violation(electrode_campaign(), design(97, 0.2, 120))
    assert told is not None
    assert told.startswith("areal_capacity_mAh_per_cm2")
    assert told.endswith("is above 6")


def test_a_design_outside_the_bounds_is_refused_before_any_arithmetic():
    assert violation(electrode_campaign(), design(80, 0.3, 70)) == "outside the design space"
    assert unconstrained(electrode_campaign(), design(80, 0.3, 70)) == "outside the design space"


def test_masses_that_do_not_fit_are_refused():
    campaign = electrode_campaign()
    space = campaign.design.model_copy(
        update={"fixed": {**campaign.design.fixed, "positive.binder_nanoporosity": 0.9}}
    )
    told = violation(campaign.model_copy(update={"design": space}), design(92, 0.2, 70))
    assert told is not None
    assert told.startswith("no recipe")


def test_the_sobol_decider_stays_under_the_areal_limit():
    campaign = electrode_campaign(seed=11)
    question = Question(campaign=campaign, left={"coarse": 24, "fine": 8}, n_candidates=32)
    ranking = SobolDecider().rank(question)
    assert len(ranking.candidates) == 32
    assert all(violation(campaign, c.design) is None for c in ranking.candidates)


def test_an_areal_limit_nothing_keeps_is_a_clear_error():
    campaign = electrode_campaign()
    limit = campaign.constraints[0].model_copy(update={"max": 0.5})
    with pytest.raises(Invalid, match=r"areal_capacity_mAh_per_cm2.*relax a constraint"):
        SobolDecider().rank(
            Question(
                campaign=campaign.model_copy(update={"constraints": (limit,)}),
                left={"coarse": 24, "fine": 8},
            )
        )
