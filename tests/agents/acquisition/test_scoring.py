"""What the decider makes of designs that a person has in mind."""

from __future__ import annotations

import pytest

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.decider import Scorer
from agents.acquisition.level_choice import N_EXPLOITING
from agents.acquisition.sobol import SobolDecider
from experiments.errors import Invalid, Rejected
from experiments.job import new_job
from experiments.ranking import Candidate, Question
from tests.contracts.decider_contract import (
    ENERGY,
    campaign_of,
    nothing_known,
    observed,
    question_of,
)

CAMPAIGN = campaign_of()
DECIDER = CellwrightDecider(screen=nothing_known)


def _after_the_first() -> tuple[Question, Candidate]:
    """Return a question whose first candidate is under way, and what was ranked next."""
    asked = question_of(CAMPAIGN, observed(CAMPAIGN, 18), left={"coarse": 0, "fine": 12})
    first, second = DECIDER.rank(asked).candidates[:2]
    job = new_job(CAMPAIGN.name, first.design, first.fidelity, campaign_seed=CAMPAIGN.seed)
    left = {"coarse": 0, "fine": 11}
    return asked.model_copy(update={"pending": (*asked.pending, job), "left": left}), second


QUESTION, BEST = _after_the_first()


@pytest.fixture
def best() -> Candidate:
    assert BEST.reason == "likeliest to improve"
    return BEST


def test_the_proposed_design_is_given_the_score_and_prediction_it_was_proposed_with(best):
    (again,) = DECIDER.score(QUESTION, (best.design,), best.fidelity).candidates
    assert again.score == pytest.approx(best.score, rel=1e-9)
    assert again.predicted[ENERGY].mean == pytest.approx(best.predicted[ENERGY].mean, rel=1e-12)
    assert again.beats_incumbent == pytest.approx(best.beats_incumbent, rel=1e-9)
    assert again.nearest == best.nearest


def test_what_a_person_asks_for_instead_scores_no_better_than_the_best_of_the_search(best):
    others = tuple(CAMPAIGN.design.from_unit(one) for one in ([0.02, 0.97], [0.9, 0.1], [0.5, 0.5]))
    found = DECIDER.score(QUESTION, (best.design, *others), best.fidelity)
    assert found.is_log_gain
    assert "expected improvement" in found.measured_in
    assert found.n_observed == 18
    for other in found.candidates[1:]:
        assert other.score < found.candidates[0].score
        assert other.predicted[ENERGY].low < other.predicted[ENERGY].high


def test_another_design_is_predicted_another_value(best):
    other = CAMPAIGN.design.from_unit([0.02, 0.97])
    first, second = DECIDER.score(QUESTION, (best.design, other), "fine").candidates
    assert first.predicted[ENERGY].mean != second.predicted[ENERGY].mean
    assert second.design == other


def test_scores_rest_on_everything_observed(best):
    fewer = QUESTION.model_copy(update={"observations": QUESTION.observations[:9]})
    (with_few,) = DECIDER.score(fewer, (best.design,), "fine").candidates
    (with_all,) = DECIDER.score(QUESTION, (best.design,), "fine").candidates
    assert with_few.predicted[ENERGY].mean != with_all.predicted[ENERGY].mean


def test_work_under_way_takes_from_the_gain(best):
    job = new_job(CAMPAIGN.name, best.design, "fine", campaign_seed=CAMPAIGN.seed)
    pending = QUESTION.model_copy(update={"pending": (job,)})
    (before,) = DECIDER.score(QUESTION, (best.design,), "fine").candidates
    (after,) = DECIDER.score(pending, (best.design,), "fine").candidates
    assert after.score < before.score


def test_the_last_evaluations_are_scored_by_their_mean(best):
    last = QUESTION.model_copy(update={"left": {"coarse": 0, "fine": N_EXPLOITING}})
    found = DECIDER.score(last, (best.design,), "fine")
    assert not found.is_log_gain
    assert found.measured_in.startswith("posterior mean")


def test_where_nothing_is_learned_nothing_is_claimed(best):
    with pytest.raises(Rejected, match="nothing is learned"):
        DECIDER.score(QUESTION.model_copy(update={"observations": ()}), (best.design,), "fine")
    with pytest.raises(Rejected, match="no level 'cell'"):
        DECIDER.score(QUESTION, (best.design,), "cell")


def test_a_design_that_breaks_a_known_constraint_is_named(best):
    strict = CellwrightDecider(screen=lambda _campaign, _design: "too thick for the can")
    with pytest.raises(Invalid, match="too thick for the can"):
        strict.score(QUESTION, (best.design,), "fine")


def test_a_decider_without_a_model_scores_nothing():
    assert isinstance(DECIDER, Scorer)
    assert not isinstance(SobolDecider(), Scorer)
