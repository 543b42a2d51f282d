"""What every decider keeps that says what it makes of designs; subclass and give a ``scorer``."""

from __future__ import annotations

import pytest

from agents.acquisition.decider import Scorer
from agents.sound_scores import sound_scores
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.errors import Invalid, Rejected
from experiments.ranking import Question, Scores
from tests.contracts.decider_contract import (
    MIXED,
    PLAIN,
    MakeDecider,
    campaign_of,
    nothing_known,
    observed,
    question_of,
)


def designs_of(campaign: Campaign, n: int) -> tuple[Design, ...]:
    """Return designs that were never observed."""
    points = [
        [(0.13 + 0.29 * i + 0.41 * k) % 1.0 for k in range(campaign.design.n_unit)]
        for i in range(n)
    ]
    return tuple(campaign.design.from_unit(point) for point in points)


class ScorerContract:
    """Subclass with a fixture ``make``: screen → a decider that scores."""

    @pytest.fixture
    def make(self) -> MakeDecider:
        raise NotImplementedError

    def ask(
        self,
        make: MakeDecider,
        question: Question,
        designs: tuple[Design, ...],
        level: str = "fine",
    ) -> Scores:
        """Return the scores, without the time they took, once they are known to be sound."""
        scorer = make(nothing_known)
        assert isinstance(scorer, Scorer)
        found = sound_scores(scorer.score(question, designs, level), designs, level, scorer.name)
        assert (found.decider, found.decider_version) == (scorer.name, scorer.version)
        assert found.position == question.position
        assert found.n_observed <= len(question.observations)
        assert found.measured_in
        assert Scores.model_validate_json(found.model_dump_json()) == found
        return found.model_copy(update={"elapsed_s": 0.0})

    @pytest.mark.parametrize("n", [1, 2, 5])
    @pytest.mark.parametrize("space", [PLAIN, MIXED], ids=["plain", "mixed"])
    def test_every_design_has_a_score_in_the_order_of_asking(self, make, space, n):
        campaign = campaign_of(space)
        designs = designs_of(campaign, n)
        question = question_of(campaign, observed(campaign, 9))
        found = self.ask(make, question, designs)
        assert [one.design for one in found.candidates] == list(designs)

    def test_one_design_asked_about_twice_has_one_score(self, make):
        campaign = campaign_of()
        one, other = designs_of(campaign, 2)
        question = question_of(campaign, observed(campaign, 9))
        found = self.ask(make, question, (one, other, one)).candidates
        assert found[0].score == pytest.approx(found[2].score, rel=1e-9, abs=1e-12)
        assert found[0].predicted == found[2].predicted

    def test_a_design_that_was_observed_already_has_a_score(self, make):
        campaign = campaign_of()
        known = observed(campaign, 9)
        self.ask(make, question_of(campaign, known), (known[2].job.design,))

    @pytest.mark.parametrize("level", ["coarse", "fine"])
    @pytest.mark.parametrize("left", [{"coarse": 8, "fine": 8}, {"fine": 1}, {}])
    def test_designs_are_scored_at_any_level_and_with_any_budget(self, make, level, left):
        campaign = campaign_of()
        question = question_of(campaign, observed(campaign, 9), left=left)
        self.ask(make, question, designs_of(campaign, 2), level)

    def test_equal_questions_get_equal_scores_whatever_was_asked_between(self, make):
        campaign = campaign_of()
        designs = designs_of(campaign, 2)
        question = question_of(campaign, observed(campaign, 9))
        fewer = question_of(campaign, observed(campaign, 6))
        first = self.ask(make, question, designs)
        assert self.ask(make, fewer, designs) != first
        assert self.ask(make, question, designs) == first

    def test_scoring_changes_no_ranking(self, make):
        campaign = campaign_of()
        decider = make(nothing_known)
        question = question_of(campaign, observed(campaign, 9))
        before = decider.rank(question).candidates
        self.ask(lambda _screen: decider, question, designs_of(campaign, 2))
        assert decider.rank(question).candidates == before

    def test_where_nothing_is_known_nothing_is_claimed(self, make):
        campaign = campaign_of()
        with pytest.raises(Rejected):
            self.ask(make, question_of(campaign), designs_of(campaign, 1))

    def test_an_unknown_level_is_refused(self, make):
        campaign = campaign_of()
        question = question_of(campaign, observed(campaign, 9))
        with pytest.raises(Rejected, match="never-heard-of"):
            self.ask(make, question, designs_of(campaign, 1), "never-heard-of")

    def test_a_design_that_breaks_a_known_constraint_is_refused(self, make):
        campaign = campaign_of()
        question = question_of(campaign, observed(campaign, 9))
        scorer = make(lambda _campaign, _design: "too thick for the can")
        with pytest.raises(Invalid, match="too thick for the can"):
            scorer.score(question, designs_of(campaign, 1), "fine")
