"""What the model adds to a ranking."""

from __future__ import annotations

from agents.acquisition import modelled
from agents.acquisition.modelled import ask_model
from experiments.observation import FailureKind
from tests.contracts.decider_contract import campaign_of, nothing_known, observed, question_of


def test_failures_alone_teach_nothing():
    campaign = campaign_of()
    failed = observed(campaign, 5, failure=FailureKind.packing_failed)
    assert ask_model(question_of(campaign, failed), nothing_known, []) is None


def test_candidates_follow_those_ranked_before():
    campaign = campaign_of()
    question = question_of(campaign, observed(campaign, 15), n_candidates=5)
    first = ask_model(question, nothing_known, [])
    assert first is not None
    rest = ask_model(question, nothing_known, list(first.candidates[:2]))
    assert rest is not None
    assert len(rest.candidates) == 3
    before = {(c.design.key, c.fidelity) for c in first.candidates[:2]}
    assert not before & {(c.design.key, c.fidelity) for c in rest.candidates}


def test_of_many_observed_designs_the_best_are_looked_at_again(monkeypatch):
    monkeypatch.setattr(modelled, "MOST_OBSERVED", 6)
    campaign = campaign_of()
    found = ask_model(question_of(campaign, observed(campaign, 24)), nothing_known, [])
    assert found is not None
    assert len(found.candidates) == 6
