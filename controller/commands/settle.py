"""``cellwright settle``: say what became of a build that nobody knows of."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

import click

from controller.build_orders import Settle, order_of
from controller.commands.decision_options import (
    asked_campaign,
    decision_options,
    have_it_done,
    token_owner,
)
from controller.settling import Outcome


@click.command()
@click.argument("build")
@click.argument("outcome", type=click.Choice(get_args(Outcome)))
@decision_options
@click.pass_context
def command(
    ctx: click.Context,
    build: str,
    outcome: str,
    *,
    campaign: str | None,
    text: str,
    token_file: Path | None,
    own_home: Path | None,
) -> int:
    """Say of BUILD, after looking, whether the lab has it, or what becomes of a doubtful result.

    accepted: it has; not_accepted: it has not, and the order is sent again; given_up: it ends
    without a result, and is stopped in the lab. Of a result in doubt, accepted takes what is there.
    """
    home, state = asked_campaign(ctx, own_home, campaign)
    person = token_owner(home, token_file)
    order = order_of(
        Settle,
        campaign=state.campaign.name,
        build_id=build,
        outcome=cast(Outcome, outcome),
        by=person,
        text=text,
    )
    return have_it_done(home, order)
