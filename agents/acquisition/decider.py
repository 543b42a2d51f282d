"""The one seam of decisions: a question in, a ranking out, nothing kept in between."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from experiments.design import Design
from experiments.ranking import Question, Ranking, Scores


class Decider(Protocol):
    """Ranks what is worth evaluating next.

    Pure: on one machine, with the same versions and threads, equal questions get equal rankings.
    All randomness comes from ``question.campaign.seed`` and ``question.position``.
    """

    name: str
    version: str

    def rank(self, question: Question) -> Ranking:
        """Return at most ``question.n_candidates`` candidates, best first.

        Every candidate lies inside the design space and keeps the known constraints; no fidelity
        is named more often than ``question.left`` allows; no candidate repeats a job that was
        observed, is pending or stands earlier in the ranking. Raises ``Invalid`` where the design
        space holds no feasible design.
        """
        ...


@runtime_checkable
class Scorer(Protocol):
    """A decider that also says what it makes of designs that people have in mind.

    Pure as ``rank`` is: equal questions about equal designs get equal scores. The contract suite is
    ``tests/contracts/scorer_contract.py``.
    """

    def score(self, question: Question, designs: tuple[Design, ...], fidelity: str) -> Scores:
        """Return the designs as candidates at a level, each as if it came next.

        One candidate for each design, in their order, each with a score; any other answer is
        refused. Scores compare with one another. Raises ``Rejected`` where nothing is learned yet
        or the model fails, ``Invalid`` for a design that breaks a known constraint.
        """
        ...
