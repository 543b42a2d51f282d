"""What the decider makes of an edited build, put into its new version; of the same model only."""

from __future__ import annotations

from math import expm1

from controller.proposal_events import Edited
from controller.quantity import percent, signed, three
from controller.state import State
from experiments.proposal import Proposal, Rescored
from experiments.ranking import Scores

NOBODY_WORKS = "nobody works on the campaign now"
UNKNOWN = "what it gives up is not known: what was proposed at first was not kept with its edits"
"""In journals of earlier versions, and of every later edit there."""


def needs_score(edited: Edited) -> bool:
    """Say whether the new version has a design that was not scored yet."""
    return bool(edited.proposal.unscored)


def rescored(state: State, edited: Edited, scores: Scores | None, why_not: str) -> Edited:
    """Return an edit with what is predicted of it and what it gives up, or with why not.

    ``scores`` are of the design that the decider asked for, and of the new one. They count only
    where the same decider, in the version that the digest names, made them. Where it is not known
    what was asked for, the new design's prediction is kept and held against nothing.
    """
    if not needs_score(edited):
        return edited
    before = state.proposals[edited.proposal.id].proposal
    if scores is None:
        return _with(edited, unscored=why_not or NOBODY_WORKS)
    made_with = f"{scores.decider} {scores.decider_version}"
    if made_with != before.request.model_version:
        told = before.request.model_version or "no model"
        return _with(edited, unscored=f"{told} proposed it, and {made_with} would answer now")
    if len(scores.candidates) != 2:
        n = len(scores.candidates)
        return _with(edited, unscored=f"the decider answered about {n} designs instead of 2")
    asked_for, new = scores.candidates
    if new.design != edited.proposal.request.design or new.score is None or asked_for.score is None:
        return _with(edited, unscored="the decider answered about another design")
    return _with(
        edited,
        predicted=new.predicted,
        success_probability=new.success_probability,
        beats_incumbent=new.beats_incumbent,
        nearest=new.nearest,
        is_inside_data=new.is_inside_data,
        score=new.score,
        unscored="",
        rescored=None
        if edited.proposal.asked_for is None
        else Rescored(
            decider=scores.decider,
            decider_version=scores.decider_version,
            n_observed=scores.n_observed,
            measured_in=scores.measured_in,
            is_log_gain=scores.is_log_gain,
            score=new.score,
            asked_for_score=asked_for.score,
        ),
    )


def given_up_words(proposal: Proposal) -> str:
    """Return what an edited version gives up, in one sentence; empty for one as proposed."""
    if proposal.version == 1 or proposal.asked_for == proposal.request.design:
        return ""
    if proposal.asked_for is None:
        cannot = f"; cannot be scored now: {proposal.unscored}" if proposal.unscored else ""
        return f"{UNKNOWN}{cannot}"
    found = proposal.rescored
    if found is None:
        return f"cannot be scored now: {proposal.unscored}"
    scores = f"{three(found.score)} against {three(found.asked_for_score)}"
    unit = f"{found.measured_in}; by {found.decider} {found.decider_version}"
    if not found.is_log_gain:
        return f"scores {signed(-found.given_up)} against what was proposed ({scores}; {unit})"
    if found.given_up > 0:
        share = percent(-expm1(-found.given_up))
        return f"gives up {share} of the gain expected of what was proposed ({scores}; {unit})"
    return f"expected to gain no less than what was proposed ({scores}; {unit})"


def _with(edited: Edited, **changes: object) -> Edited:
    return edited.model_copy(update={"proposal": edited.proposal.model_copy(update=changes)})
