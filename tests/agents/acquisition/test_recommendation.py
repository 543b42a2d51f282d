"""The recommendation is the best mean that keeps the constraints with their confidence."""

from __future__ import annotations

from agents.acquisition.cellwright import CellwrightDecider
from agents.surrogates.belief import form_belief, merit
from agents.surrogates.view import View
from experiments.campaign import Constraint
from tests.contracts.decider_contract import (
    DURATION,
    campaign_of,
    nothing_known,
    observed,
    question_of,
)


def test_nothing_observed_is_believed_to_be_better():
    campaign = campaign_of()
    question = question_of(campaign, observed(campaign, 18))
    ranking = CellwrightDecider(screen=nothing_known).rank(question)
    belief = form_belief(question)
    assert belief is not None
    assert ranking.recommended is not None
    told = merit(belief, belief.encoding.encode([ranking.recommended.design]))[0]
    seen = belief.encoding.encode([o.job.design for o in question.observations])
    assert told >= merit(belief, seen).max() - 1e-9


def test_where_no_design_keeps_a_limit_the_likeliest_is_recommended():
    limit = Constraint(metric=DURATION, max=1.05e6, at_power_W=100, confidence=0.99999)
    campaign = campaign_of(constraints=(limit,))
    question = question_of(campaign, observed(campaign, 18))
    ranking = CellwrightDecider(screen=nothing_known).rank(question)
    belief = form_belief(question)
    assert belief is not None
    assert ranking.recommended is not None
    rows = belief.encoding.encode(
        [ranking.recommended.design, *(o.job.design for o in question.observations)]
    )
    odds = View(belief, rows).constraint_probability()
    assert odds[0] >= odds[1:].max() - 1e-9
