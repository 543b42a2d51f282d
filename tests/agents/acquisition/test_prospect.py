"""The prospect: positive, falling as more is known, and an honest bound on the regret."""

from __future__ import annotations

import numpy as np
import pytest

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.known_constraints import Screen, unconstrained
from agents.acquisition.prospect import prospect
from agents.surrogates.belief import form_belief
from experiments.campaign import Campaign, Objective
from experiments.design import Design
from experiments.ranking import Prospect, Question
from tests.contracts.decider_contract import (
    DURATION,
    ENERGY,
    FINE,
    campaign_of,
    observed,
    question_of,
    roundness,
)

GRID = [[(i + 0.5) / 24, (j + 0.5) / 24] for i in range(24) for j in range(24)]


def designs_of(campaign: Campaign) -> list[Design]:
    return [campaign.design.from_unit(point) for point in GRID]


def prospect_of(question: Question, screen: Screen = unconstrained) -> Prospect:
    belief = form_belief(question)
    assert belief is not None
    found = prospect(question, belief, designs_of(question.campaign), screen)
    assert found is not None
    return found


@pytest.mark.parametrize("sense", ["maximize", "minimize"])
def test_what_is_left_to_gain_falls_as_more_is_known(sense: str) -> None:
    objective = Objective(name="energy", metric=ENERGY, sense=sense, at_power_W=100)
    campaign = campaign_of(objectives=(objective,), fidelities=(FINE,))
    early, late = (prospect_of(question_of(campaign, observed(campaign, n))) for n in (6, 40))
    assert 0 < late.regret_bound < early.regret_bound
    assert late.expected_gain < 0.5 * early.expected_gain


def test_the_bound_holds_the_true_regret_of_random_functions() -> None:
    rng = np.random.default_rng(0)
    held = []
    for _ in range(10):
        waves, phases = rng.normal(size=(4, 2)) * [3.0, 0.3], rng.uniform(0, 6.3, 4)

        def value(design: Design, waves=waves, phases=phases) -> float:
            x = np.array([float(v) for v in design.values.values()])
            return float(np.sin(waves @ x + phases).sum())

        campaign = campaign_of(fidelities=(FINE,))
        question = question_of(campaign, observed(campaign, 12, value=value))
        best = max(value(o.job.design) for o in question.observations)
        truth = max(value(design) for design in designs_of(campaign)) - best
        held.append(truth <= prospect_of(question).regret_bound + 1e-9)
    assert sum(held) >= 8  # fewer than 8 of 10 has a chance of 1.2% at a true 95%


def test_there_is_none_for_several_objectives_or_before_the_target() -> None:
    several = campaign_of(
        objectives=(
            Objective(name="energy", metric=ENERGY, sense="maximize", at_power_W=100),
            Objective(name="time", metric=DURATION, sense="maximize", at_power_W=100),
        )
    )
    question = question_of(several, observed(several, 9))
    belief = form_belief(question)
    assert belief is not None
    assert prospect(question, belief, designs_of(several), unconstrained) is None
    campaign = campaign_of()
    cheap = tuple(o for o in observed(campaign, 9) if o.job.fidelity == "coarse")
    question = question_of(campaign, cheap)
    belief = form_belief(question)
    if belief is not None:
        assert prospect(question, belief, designs_of(campaign), unconstrained) is None


def test_a_measured_design_that_breaks_a_known_constraint_is_not_the_best() -> None:
    campaign = campaign_of(fidelities=(FINE,))
    question = question_of(campaign, observed(campaign, 20))
    best = max(question.observations, key=lambda o: o.value(ENERGY) or 0.0).job.design

    def forbids_best(_: Campaign, design: Design) -> str | None:
        return "too heavy" if design == best else None

    free, screened = prospect_of(question), prospect_of(question, forbids_best)
    assert screened.regret_bound > free.regret_bound
    assert screened.expected_gain > free.expected_gain


def test_where_almost_all_is_known_a_prospect_costs_no_ranking_its_model() -> None:
    campaign = campaign_of()
    ranking = CellwrightDecider(screen=unconstrained).rank(
        question_of(campaign, observed(campaign, 200), n_candidates=1)
    )
    assert ranking.fallbacks == ()
    assert ranking.prospect is not None
    assert 0 < ranking.prospect.regret_bound < 0.1


def test_equal_questions_get_equal_prospects() -> None:
    campaign = campaign_of()
    question = question_of(campaign, observed(campaign, 18, value=roundness))
    assert prospect_of(question) == prospect_of(question)
