"""A proposal: a build asked for, with everything that a person needs to decide about it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from experiments.build import BuildRequest
from experiments.capabilities import Capabilities
from experiments.design import Design
from experiments.frozen import Frozen
from experiments.job import Job
from experiments.ranking import Candidate, Nearest, Prediction

PROPOSAL_ID_PATTERN = r"^p[1-9][0-9]{0,8}$"

Verdict = Literal["approved", "rejected"]
RejectionReason = Literal["cannot_make", "unsafe", "not_now", "dont_believe", "already_known"]


class Alternative(Frozen):
    """What would have been proposed next."""

    design: Design
    fidelity: str
    score: float | None = None
    predicted: dict[str, Prediction] = Field(default_factory=dict)
    reason: str


class Rescored(Frozen):
    """What the decider made of an edited design, beside the one it had asked for itself.

    Both scores are of one belief, from everything observed until then.
    """

    decider: str
    decider_version: str
    n_observed: int = Field(ge=0)
    measured_in: str
    """What the scores are, in words."""
    is_log_gain: bool
    """The difference is the logarithm of a ratio of expected gains."""
    score: float
    asked_for_score: float
    """Of the design that the decider had asked for."""

    @property
    def given_up(self) -> float:
        """Return how much of the acquisition an edit gives up, in the decider's own unit."""
        return self.asked_for_score - self.score


class Proposal(Frozen):
    """One version of a build asked for. A decision is on ``digest``, and so on exactly this."""

    id: str = Field(pattern=PROPOSAL_ID_PATTERN)
    """Counted within the campaign: ``p7``."""
    version: int = Field(default=1, ge=1)
    """An edit makes the next one."""
    job: Job
    """What its result will be an observation of."""
    request: BuildRequest
    """Exactly what would be built."""
    digest: str
    """``BuildRequest.digest``: SHA-256 over design, recipe, cell, protocol, number of cells and
    model version, as it was when the proposal was made."""
    instrument: str
    predicted: dict[str, Prediction] = Field(default_factory=dict)
    """Metric → mean and 95% predictive interval at the target."""
    success_probability: float | None = None
    beats_incumbent: float | None = None
    nearest: Nearest | None = None
    is_inside_data: bool | None = None
    """False: the model extrapolates."""
    score: float | None = None
    """Log acquisition value, comparable with the alternatives' only."""
    reason: str
    asked_for: Design | None = None
    """In an edited version, what the decider had asked for."""
    rescored: Rescored | None = None
    """What the edit gives up, where the decider could be asked."""
    unscored: str = ""
    """Why nothing is predicted of an edited design."""
    told: Capabilities | None = None
    """What the instrument said it can make and has in stock, when this version was made."""
    alternatives: tuple[Alternative, ...] = ()
    position: int = Field(ge=0)
    """Journal position the ranking behind it was asked at."""
    pending: tuple[str, ...] = ()
    """Ids of the jobs under way when it was made, builds included."""
    proposed: tuple[str, ...] = ()
    """Ids of the other proposals that waited then."""
    cost_EUR: float = 0.0
    channel_days: float = 0.0
    proposed_at: str
    """ISO 8601, as the next one."""
    expires_at: str
    """From then on nobody can approve it."""

    @property
    def candidate(self) -> Candidate:
        """Return it as the decider put it."""
        return Candidate(
            design=self.job.design,
            fidelity=self.job.fidelity,
            score=self.score,
            predicted=self.predicted,
            success_probability=self.success_probability,
            beats_incumbent=self.beats_incumbent,
            nearest=self.nearest,
            is_inside_data=self.is_inside_data,
            reason=self.reason,
        )
