"""What the decider makes of designs that a person has in mind, beside the one it proposed.

The belief is formed as for a ranking, from everything observed until now; equal questions about it
follow one another while somebody tries values, so the last one is kept.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch

from agents.acquisition.known_constraints import Screen
from agents.acquisition.level_choice import Phase
from agents.acquisition.proposals import Pool
from agents.acquisition.search import Search
from agents.surrogates.belief import Belief, form_belief
from experiments.design import Design
from experiments.errors import Invalid, Rejected
from experiments.ranking import Candidate, Question


class ScoredDesigns(NamedTuple):
    """Designs as candidates, and what their scores are."""

    candidates: tuple[Candidate, ...]
    measured_in: str
    is_log_gain: bool


def score_designs(
    question: Question, screen: Screen, designs: tuple[Design, ...], fidelity: str
) -> ScoredDesigns:
    """Return designs as the belief of a question has them, each as if it came next at a level.

    Raises ``Invalid`` where a design breaks a known constraint, ``Rejected`` where nothing is
    learned yet or the model fails.
    """
    for design in designs:
        broken = screen(question.campaign, design)
        if broken is not None:
            raise Invalid(broken)
    torch.set_num_threads(1)
    try:
        belief = _LAST.belief(question)
        if belief is None:
            raise Rejected("nothing is learned yet that a prediction could rest on")
        if fidelity not in belief.levels:
            raise Rejected(f"the model knows no level {fidelity!r}")
        pool = Pool(question.campaign, belief.encoding, screen)
        pool.add(designs)
        candidates, phase = Search(question, belief, pool).score(designs, fidelity)
    except (ArithmeticError, ValueError, RuntimeError) as error:
        raise Rejected(f"the model failed: {error}") from error
    is_log_gain = phase is not Phase.exploit or fidelity != belief.levels[0]
    words = _words(question, is_log_gain=is_log_gain)
    return ScoredDesigns(tuple(candidates), words, is_log_gain)


def _words(question: Question, *, is_log_gain: bool) -> str:
    if not is_log_gain:
        return "posterior mean of the objectives in units of their spread, plus log odds"
    several = len(question.campaign.objectives) > 1
    gain = "expected gain in hypervolume" if several else "expected improvement"
    return f"log of the {gain}, times the odds of success and the share of variance revealed"


class _Last:
    """The belief of the last question that differs in what beliefs rest on."""

    def __init__(self) -> None:
        self._question: Question | None = None
        self._belief: Belief | None = None

    def belief(self, question: Question) -> Belief | None:
        """Return what ``form_belief`` does, without doing it twice in a row."""
        told = question.model_copy(
            update={"pending": (), "proposed": (), "left": {}, "n_candidates": 1, "position": 0}
        )
        if told != self._question:
            self._belief, self._question = form_belief(told), told
        return self._belief


_LAST: Final = _Last()
