"""``cellwright approve``: have exactly what was shown built."""

from __future__ import annotations

from pathlib import Path

import click

from controller.build_orders import Decide, order_of
from controller.commands.decision_options import (
    asked_campaign,
    decision_options,
    have_it_done,
    shown_version,
    token_owner,
)


@click.command()
@click.argument("version")
@decision_options
@click.pass_context
def command(
    ctx: click.Context,
    version: str,
    *,
    campaign: str | None,
    text: str,
    token_file: Path | None,
    own_home: Path | None,
) -> int:
    """Approve VERSION (p3@1a2b3c4d, as cellwright pending shows it) of CAMPAIGN.

    Exactly this version is built; one that was edited meanwhile is refused. It takes your personal
    token, and the role of an approver whom the campaign names.
    """
    home, state = asked_campaign(ctx, own_home, campaign)
    person = token_owner(home, token_file)
    proposal_id, digest = shown_version(state, version)
    order = order_of(
        Decide,
        campaign=state.campaign.name,
        proposal_id=proposal_id,
        digest=digest,
        verdict="approved",
        by=person,
        text=text,
    )
    return have_it_done(home, order)
