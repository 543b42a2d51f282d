"""What is asked of people and of the lab: a proposal, the decision on it, and the build."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from experiments.design import Design
from experiments.frozen import Frozen
from experiments.ranking import Prediction
from experiments.recipe import Recipe


class Proposal(Frozen):
    """A build asked for; ``digest`` covers design, recipe, protocol and model version."""

    id: str
    campaign: str
    design: Design
    recipe: Recipe
    predicted: dict[str, Prediction] = Field(default_factory=dict)
    position: int
    """Journal position the proposal was made at."""
    digest: str


class Decision(Frozen):
    """What a named person said of exactly one proposal."""

    proposal_id: str
    digest: str
    verdict: Literal["approved", "rejected"]
    person: str
    reason: str | None = None


class Build(Frozen):
    """An approved proposal on its way through the lab: n cells from one coating."""

    id: str
    proposal_id: str
    n_cells: int = Field(default=3, ge=1)
    payload_sha256: str
