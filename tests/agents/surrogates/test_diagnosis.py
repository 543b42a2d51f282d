"""Diagnoses of a function whose sensitivities are known."""

from __future__ import annotations

import pytest

from agents.surrogates.belief import form_belief
from agents.surrogates.diagnosis import diagnose
from tests.contracts.decider_contract import ENERGY, campaign_of, observed, question_of


def test_sensitivities_are_the_shares_of_variance_of_an_additive_function():
    campaign = campaign_of()

    def additive(design) -> float:
        return 2.0 * float(design.values["a"]) + 0.1 * float(design.values["b"])

    belief = form_belief(question_of(campaign, observed(campaign, 40, value=additive)))
    assert belief is not None
    at = campaign.design.from_unit([0.5, 0.5])
    diagnosis = diagnose(belief, at)
    assert diagnosis.sensitivity[ENERGY]["a"] == pytest.approx(0.8, abs=0.06)
    assert diagnosis.sensitivity[ENERGY]["b"] == pytest.approx(0.2, abs=0.06)
    assert diagnosis.surface is not None
    middle = diagnosis.surface.mean[12][12]
    assert middle == pytest.approx(additive(at), abs=0.05)
