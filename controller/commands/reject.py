"""``cellwright reject``: have something not built, with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from controller.build_orders import Decide, order_of
from controller.commands.decision_options import (
    asked_campaign,
    decision_options,
    have_it_done,
    shown_version,
    token_owner,
)
from controller.decisions import REASONS
from experiments.proposal import RejectionReason


@click.command()
@click.argument("version")
@click.option("--reason", required=True, type=click.Choice(REASONS), help="Why it is not built.")
@decision_options
@click.pass_context
def command(
    ctx: click.Context,
    version: str,
    *,
    reason: str,
    campaign: str | None,
    text: str,
    token_file: Path | None,
    own_home: Path | None,
) -> int:
    """Reject VERSION (p3@1a2b3c4d, as cellwright pending shows it) of CAMPAIGN.

    The model learns no number from it. The same build is not proposed again; one that was only
    not_now may be after a week.
    """
    home, state = asked_campaign(ctx, own_home, campaign)
    person = token_owner(home, token_file)
    proposal_id, digest = shown_version(state, version)
    order = order_of(
        Decide,
        campaign=state.campaign.name,
        proposal_id=proposal_id,
        digest=digest,
        verdict="rejected",
        by=person,
        reason=cast(RejectionReason, reason),
        text=text,
    )
    return have_it_done(home, order)
