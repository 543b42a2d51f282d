"""What rejections taught, in words: for the terminal, the pages and the administrator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from controller.label import parameter_label, value_words
from controller.proposals import COOLDOWN, ProposalRecord, cooled_down_at
from controller.second_look import second_looks
from controller.state import State
from experiments.design import Design
from experiments.proposal import RejectionReason

FOLLOWS: Final[dict[RejectionReason, str]] = {
    "cannot_make": "designs like it become less likely to be proposed",
    "unsafe": "a limit is proposed to the administrator; until then only this build is barred",
    "not_now": f"this build is not proposed again for {COOLDOWN.days} days",
    "dont_believe": "it is simulated once more, at the finest level with another structure",
    "already_known": "the data are asked for: a table under knowledge: of the next campaign file",
}
"""What a rejection does, by its reason. None of them is a number to the model."""


def lessons(state: State) -> Iterator[tuple[str, str]]:
    """Yield the id of every rejected proposal with what its rejection did."""
    waiting = {candidate.reason for _, candidate in second_looks(state)}
    for record in state.proposals.values():
        if record.status == "rejected" and record.last.reason is not None:
            yield record.proposal.id, _words(state, record, record.last.reason, waiting)


def proposed_limits(state: State, record: ProposalRecord) -> tuple[str, ...]:
    """Return the limits that bar a build somebody called unsafe and every approved one keeps.

    By single values of the design: one beyond all that was approved so far.
    """
    approved = [
        one.proposal.request.design for one in state.proposals.values() if one.status == "approved"
    ]
    design = record.proposal.request.design
    return tuple(
        text
        for name, _, _ in state.campaign.design.numeric_bounds()
        if (text := _limit(name, design, approved))
    )


def _limit(name: str, design: Design, approved: list[Design]) -> str:
    value = float(design.values[name])
    known = [float(one.values[name]) for one in approved]
    if not known:
        return ""
    label = parameter_label(name)
    if value > max(known):
        side, until = "below", f"up to {value_words(name, max(known))}"
    elif value < min(known):
        side, until = "above", f"down to {value_words(name, min(known))}"
    else:
        return ""
    shown = value_words(name, value)
    return f"{label.text.lower()} {side} {shown} (approved so far: {until})"


def _words(state: State, record: ProposalRecord, reason: RejectionReason, waiting: set[str]) -> str:
    who = "" if record.last.by is None else f" by {record.last.by.person}"
    head = f"rejected{who} as {reason}" + (f" ({record.last.text})" if record.last.text else "")
    if reason == "unsafe":
        limits = proposed_limits(state, record)
        told = " or ".join(limits) or "no single value lies beyond what was approved"
        return f"{head}; proposed limit: {told}; set hard_limits in instruments.yaml"
    if reason == "not_now":
        return f"{head}; not proposed again until {cooled_down_at(record.last.at)[:10]}"
    if reason == "dont_believe":
        is_waiting = f"{record.proposal.id} was not believed" in waiting
        done = "waits to be simulated" if is_waiting else "was sent to be simulated"
        return f"{head}; it {done} once more at {state.campaign.finest_simulated.name}"
    return f"{head}; {FOLLOWS[reason]}"
