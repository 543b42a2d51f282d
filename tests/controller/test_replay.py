"""A stored ranking can be asked again, and the same answer comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.known_constraints import unconstrained
from agents.messages import Ask
from controller.events import CampaignStarted, Ranked
from controller.journal import Journal
from controller.replay import AnsweredQuestion, answered_questions
from experiments.budget import Budget
from experiments.campaign import Campaign
from experiments.frozen import Frozen
from experiments.job import Job
from experiments.observation import Observation
from experiments.ranking import Question, Ranking
from tests.controller.doubles import (
    FakeCompute,
    ManualClock,
    MemoryJournal,
    observe,
    small_campaign,
)
from tests.controller.test_control import World


class Thinking(FakeCompute):
    """A compute without machines whose decider is ours; it notes what it was asked."""

    def __init__(self, **options: Any) -> None:
        super().__init__(result=_bump, rank=self._think, **options)
        self.asked: list[Question] = []
        self._n_known: dict[str, int] = {}

    def send(self, message: Frozen) -> None:
        """Note what was learned when a question came: that is what it is about."""
        super().send(message)
        if isinstance(message, Ask):
            self._n_known[message.request_id] = len(self.learned)

    def _think(self, ask: Ask, campaign: Campaign, seen: list[Job]) -> Ranking:
        question = Question(
            campaign=campaign,
            observations=tuple(self.learned[: self._n_known[ask.request_id]]),
            pending=ask.pending,
            left=ask.left,
            n_candidates=ask.n_candidates,
            position=ask.position,
        )
        self.asked.append(question)
        return _decider().rank(question)


def _decider() -> CellwrightDecider:
    return CellwrightDecider(screen=unconstrained)


def _bump(job: Job) -> Observation:
    x = float(job.design.values["positive.porosity"])
    return observe(job, 250.0 - 900.0 * (x - 0.33) ** 2 - (4.0 if job.fidelity == "coarse" else 0))


def _answer(ranking: Ranking) -> dict[str, Any]:
    return ranking.model_dump(exclude={"elapsed_s", "diagnosis"})


def test_every_question_of_a_campaign_is_the_one_asked_and_gets_the_same_answer(
    tmp_path: Path,
) -> None:
    campaign = small_campaign(budget=Budget(evaluations={"coarse": 8, "fine": 4}))
    compute = Thinking(seed=1)
    world = World(tmp_path, campaign)
    world.session(compute)
    journal = Journal(world.path, ManualClock())
    found = list(answered_questions(journal.read(campaign.name)))
    journal.close()
    assert len(found) >= 4
    stored = {one.question.position: one.question for one in found}
    asked = {question.position: question for question in compute.asked}
    assert all(stored[position] == asked[position] for position in stored)
    modelled = [one for one in found if one.ranking.recommended is not None]
    assert modelled
    for one in (modelled[0], modelled[-1]):
        bundle = AnsweredQuestion.model_validate_json(one.model_dump_json())
        assert _answer(_decider().rank(bundle.question)) == _answer(one.ranking)


def test_rankings_whose_questions_were_not_kept_whole_are_left_out() -> None:
    ranking = Ranking(position=1, decider="d", decider_version="1", candidates=())
    old = Ranked(ranking=ranking, n_observed=0, n_dispatched=0)
    new = Ranked(ranking=ranking, n_observed=0, n_dispatched=0, left={"fine": 2}, n_candidates=3)
    start = CampaignStarted(campaign=small_campaign(), source="", text="")
    journal = MemoryJournal()
    journal.append("small", [start, old, new])
    (found,) = answered_questions(journal.stored)
    assert found.question.left == {"fine": 2}
    assert found.question.n_candidates == 3
