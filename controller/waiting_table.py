"""Several builds that wait, side by side; each is decided by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from controller.four_eyes import reasons_for_two
from controller.label import design_words, metric_label
from controller.proposals import ProposalRecord
from controller.quantity import percent, with_interval
from controller.reminders import deadline_words
from controller.state import State


@dataclass(frozen=True)
class WaitingRow:
    """One proposal, in the words of a table."""

    proposal_id: str
    version: int
    design: str
    predicted: str
    """Of the first objective, 95%; empty where nothing is predicted."""
    chance: str
    """To beat the best so far."""
    takes: str
    approvals: str
    deadline: str


def waiting_rows(state: State, now: datetime) -> list[WaitingRow]:
    """Return the proposals that wait, those whose time ends first in front."""
    ordered = sorted(state.open_proposals, key=lambda one: one.proposal.expires_at)
    return [_row(state, record, now) for record in ordered]


def _row(state: State, record: ProposalRecord, now: datetime) -> WaitingRow:
    proposal, campaign = record.proposal, state.campaign
    key = campaign.metric_key(campaign.objectives[0])
    found = proposal.predicted.get(key)
    unit = metric_label(key).unit
    predicted = "" if found is None else with_interval(found.mean, found.low, found.high, unit)
    beats = proposal.beats_incumbent
    return WaitingRow(
        proposal_id=proposal.id,
        version=proposal.version,
        design=design_words(proposal.request.design),
        predicted=predicted,
        chance="" if beats is None else percent(beats),
        takes=(
            f"{proposal.request.n_cells} cells, {proposal.channel_days:.3g} channel-days, "
            f"€ {proposal.cost_EUR:.2f}"
        ),
        approvals=_approvals(state, record),
        deadline=deadline_words(record, campaign.approval, now),
    )


def _approvals(state: State, record: ProposalRecord) -> str:
    if not reasons_for_two(state.campaign, record.proposal):
        return "needs one"
    first = record.first_approval
    if first is None or first.by is None:
        return "needs two"
    return f"{first.by.person} approved; needs a second"
