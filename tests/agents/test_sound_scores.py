"""An answer that is none is refused in words, where the decider is asked."""

from __future__ import annotations

import math
from typing import Any

import pytest

from agents import asker
from agents.asker import Asker
from agents.in_process_executor import InProcessExecutor
from agents.messages import Score, Scored, ScoreFailed
from experiments.design import Design
from experiments.ranking import Candidate, Question, Scores
from tests.agents.tiny_campaign import tiny_campaign

CAMPAIGN = tiny_campaign()
ASKED = tuple(
    Design(values={"positive.porosity": porosity, "positive.thickness_um": 50.0})
    for porosity in (0.3, 0.4)
)


def scores(designs: tuple[Design, ...] = ASKED, fidelity: str = "fine", **changes: Any) -> Scores:
    found = tuple(
        Candidate(design=one, fidelity=fidelity, score=-1.0 - n, reason="likeliest to improve")
        for n, one in enumerate(designs)
    )
    return Scores(
        position=3,
        decider="outsider",
        decider_version="1",
        n_observed=0,
        measured_in="taste",
        is_log_gain=False,
        candidates=found,
    ).model_copy(update=changes)


class Outsider:
    """A decider of another package, which answers what it was made with."""

    name, version = "outsider", "1"

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def score(self, _question: Question, _designs: tuple[Design, ...], _level: str) -> object:
        return self.answer


def answered(answer: object, monkeypatch: pytest.MonkeyPatch) -> Scored | ScoreFailed:
    monkeypatch.setattr(asker, "decider", lambda _choice: Outsider(answer))
    executor = InProcessExecutor()
    desk = Asker(executor, CAMPAIGN)
    desk.score(Score(request_id="s1", designs=ASKED, fidelity="fine", left={}, position=3))
    (finished,) = executor.wait(0.0)
    found = desk.accept(finished)
    assert isinstance(found, Scored | ScoreFailed)
    return found


def test_one_score_for_each_design_in_their_order_is_taken(monkeypatch) -> None:
    found = answered(scores(), monkeypatch)
    assert isinstance(found, Scored)
    assert found.scores == scores()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (scores(ASKED[:1]), "was asked about 2 designs and answered about 1"),
        (scores((*ASKED, *ASKED)), "was asked about 2 designs and answered about 4"),
        (scores(()), "was asked about 2 designs and answered about 0"),
        (scores(ASKED[::-1]), "another design than number 1"),
        (scores(fidelity="coarse"), "another design than number 1"),
        (scores(is_log_gain=None), "cannot be: is_log_gain"),
        (None, "answered with NoneType; allowed: Scores"),
        ([-1.0, -2.0], "answered with list; allowed: Scores"),
    ],
)
def test_any_other_answer_is_refused_in_words(answer, words, monkeypatch) -> None:
    found = answered(answer, monkeypatch)
    assert isinstance(found, ScoreFailed)
    assert words in found.message


@pytest.mark.parametrize(
    ("score", "words"),
    [(None, "gave design number 2 no score"), (math.nan, "finite"), (math.inf, "finite")],
)
def test_a_score_is_a_finite_number(score, words, monkeypatch) -> None:
    first, second = scores().candidates
    found = answered(
        scores(candidates=(first, second.model_copy(update={"score": score}))), monkeypatch
    )
    assert isinstance(found, ScoreFailed)
    assert words in found.message
