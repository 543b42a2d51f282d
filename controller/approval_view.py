"""What somebody sees who decides about a build: everything from the state, in words and numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from controller.coating_line import line_words
from controller.incumbent import incumbent
from controller.interval import Interval
from controller.label import design_words, metric_label, parameter_label, value_words
from controller.lessons import FOLLOWS
from controller.open_proposal import has_lapsed
from controller.proposals import BuildRecord, ProposalRecord
from controller.quantity import percent, signed_interval, three, with_interval
from controller.results import compare
from controller.state import State
from experiments.proposal import RejectionReason

REASON_WORDS: dict[RejectionReason, str] = {
    "cannot_make": "we cannot make it",
    "unsafe": "it is not safe",
    "not_now": "not now",
    "dont_believe": "I don't believe the prediction",
    "already_known": "we know this already",
}


@dataclass(frozen=True)
class RecipeRow:
    """One value of the recipe, beside the nearest built cell's."""

    name: str
    label: str
    unit: str
    value: float | int | str
    words: str
    change: str
    """Against the nearest built cell; empty where none was built."""


@dataclass(frozen=True)
class PredictedRow:
    """One metric of the next measured build, beside the incumbent's."""

    label: str
    predicted: str
    incumbent: str
    change: str


@dataclass(frozen=True)
class AlternativeRow:
    """What would be proposed next."""

    design: str
    predicted: str
    reason: str


def nearest_built(state: State, record: ProposalRecord) -> BuildRecord | None:
    """Return the measured build whose design is nearest in the unit cube; None before the first."""
    space = state.campaign.design
    here = space.to_unit(record.proposal.request.design)
    built = [one for one in state.builds.values() if one.stage == "measured"]

    def distance(one: BuildRecord) -> float:
        return math.dist(here, space.to_unit(one.payload.request.design))

    return min(built, key=distance, default=None)


def recipe_rows(state: State, record: ProposalRecord) -> list[RecipeRow]:
    """Return the design's values with their change against the nearest built cell."""
    nearest = nearest_built(state, record)
    before = {} if nearest is None else nearest.payload.request.design.values
    rows = []
    for name, value in record.proposal.request.design.values.items():
        label = parameter_label(name)
        unit = "" if label.unit == "1" else label.unit
        words = value_words(name, value)
        rows.append(
            RecipeRow(name, label.text, unit, value, words, _change(value, before.get(name)))
        )
    return rows


def fixed_rows(state: State) -> list[tuple[str, str]]:
    """Return what of the recipe this campaign does not vary."""
    fixed = state.campaign.design.fixed
    return [(parameter_label(name).text, value_words(name, one)) for name, one in fixed.items()]


def predicted_rows(state: State, record: ProposalRecord) -> list[PredictedRow]:
    """Return every predicted metric with its 95% interval, and the incumbent's."""
    against = incumbent(state)
    rows = []
    for key, found in record.proposal.predicted.items():
        label = metric_label(key)
        low = found.low if found.low is not None else found.mean - 1.96 * found.sd
        high = found.high if found.high is not None else found.mean + 1.96 * found.sd
        value = None if against is None else compare(state, against[1], key)
        held = "" if value is None else _words(value.value, label.unit)
        change = ""
        if value is not None:
            unit = label.unit
            base = value.value.value
            change = signed_interval(found.mean - base, low - base, high - base, unit)
        rows.append(
            PredictedRow(label.text, with_interval(found.mean, low, high, label.unit), held, change)
        )
    return rows


def alternative_rows(state: State, record: ProposalRecord) -> list[AlternativeRow]:
    """Return the next three, with what is predicted of the first objective."""
    key = state.campaign.metric_key(state.campaign.objectives[0])
    label = metric_label(key)
    rows = []
    for one in record.proposal.alternatives[:3]:
        found = one.predicted.get(key)
        words = (
            "" if found is None else with_interval(found.mean, found.low, found.high, label.unit)
        )
        rows.append(AlternativeRow(design_words(one.design), words, one.reason))
    return rows


def why_lines(state: State, record: ProposalRecord) -> list[str]:
    """Return why this one, how far the model may be believed, and where it extrapolates."""
    proposal = record.proposal
    lines = [proposal.reason]
    if proposal.success_probability is not None:
        lines.append(f"{percent(proposal.success_probability)} chance that it gives a result")
    inside = {
        True: "inside the range the model was trained in",
        False: "outside the range the model was trained in: it extrapolates",
        None: "not known whether it lies inside the range the model was trained in",
    }
    lines.append(inside[proposal.is_inside_data])
    lines.append(calibration_words(state))
    lines += [f"the line: {text}" for text in line_words(state, proposal.request)]
    return lines


def beats_words(record: ProposalRecord) -> str:
    """Return the chance to beat the best so far, or nothing where nobody knows it."""
    share = record.proposal.beats_incumbent
    return "" if share is None else f"{percent(share)} chance to beat it"


def calibration_words(state: State) -> str:
    """Return how often measured cells lay within what was predicted for them when approved."""
    held, n = 0, 0
    by_job = {one.proposal.job.id: one.proposal for one in state.proposals.values()}
    for build in state.builds.values():
        proposal = by_job.get(build.job_id)
        observation = state.observations.get(build.job_id)
        if proposal is None or observation is None or observation.is_failed:
            continue
        for key, found in proposal.predicted.items():
            value = observation.value(key)
            if value is not None and found.low is not None and found.high is not None:
                n += 1
                held += found.low <= value <= found.high
    if not n:
        return "no real cell has been measured yet: the model is untested on them"
    few = " (too few to tell)" if n < 20 else ""
    return f"its 95% intervals held {held} of {n} figures of real cells{few}"


def if_rejected() -> list[tuple[RejectionReason, str, str]]:
    """Return every reason, its words, and what follows from it."""
    return [(reason, words, FOLLOWS[reason]) for reason, words in REASON_WORDS.items()]


def may_be_decided(record: ProposalRecord, now: datetime) -> bool:
    """Say whether it waits, and its time is not over."""
    return record.status == "proposed" and not has_lapsed(record, now)


def _words(value: Interval, unit: str) -> str:
    return with_interval(value.value, value.low, value.high, unit)


def _change(value: float | int | str, before: float | int | str | None) -> str:
    if before is None:
        return ""
    if isinstance(value, str) or isinstance(before, str):
        return "same" if value == before else f"was {before}"
    difference = value - before
    if not difference:
        return "±0"
    return ("+" if difference > 0 else "−") + three(abs(difference))
