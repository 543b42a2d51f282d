"""``cellwright withdraw``: take an approval back before anything was sent."""

from __future__ import annotations

from pathlib import Path

import click

from controller.build_orders import Withdraw, order_of
from controller.commands.decision_options import (
    asked_campaign,
    decision_options,
    have_it_done,
    token_owner,
)
from experiments.errors import Invalid


@click.command()
@click.argument("proposal")
@decision_options
@click.pass_context
def command(
    ctx: click.Context,
    proposal: str,
    *,
    campaign: str | None,
    text: str,
    token_file: Path | None,
    own_home: Path | None,
) -> int:
    """Withdraw the approval of PROPOSAL (p3) of CAMPAIGN, while its build waits to be sent."""
    home, state = asked_campaign(ctx, own_home, campaign)
    person = token_owner(home, token_file)
    record = state.proposals.get(proposal)
    if record is None:
        raise Invalid(f"campaign {state.campaign.name} has no proposal {proposal!r}")
    order = order_of(
        Withdraw,
        campaign=state.campaign.name,
        proposal_id=proposal,
        digest=record.proposal.digest,
        by=person,
        text=text,
    )
    return have_it_done(home, order)
