"""What counts as an answer about designs; a decider from outside may answer anything."""

from __future__ import annotations

from pydantic import ValidationError

from experiments.design import Design
from experiments.errors import Rejected
from experiments.ranking import Scores


def sound_scores(answer: object, designs: tuple[Design, ...], fidelity: str, who: str) -> Scores:
    """Return an answer that has one score for each design, in their order, at the level asked for.

    Raises ``Rejected`` naming what is wrong with any other.
    """
    if not isinstance(answer, Scores):
        raise Rejected(f"{who} answered with {type(answer).__name__}; allowed: Scores")
    try:
        told = Scores.model_validate(answer.model_dump())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Rejected(
            f"{who} answered with scores that cannot be: {place}: {first['msg']}"
        ) from None
    if len(told.candidates) != len(designs):
        raise Rejected(
            f"{who} was asked about {len(designs)} designs and answered about "
            f"{len(told.candidates)}"
        )
    for number, (asked, found) in enumerate(zip(designs, told.candidates, strict=True), start=1):
        if found.design != asked or found.fidelity != fidelity:
            raise Rejected(f"{who} answered about another design than number {number}")
        if found.score is None:
            raise Rejected(f"{who} gave design number {number} no score")
    return told
