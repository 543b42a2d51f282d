"""``cellwright drain``: end a campaign's session once what runs is done."""

from __future__ import annotations

from pathlib import Path

import click

from controller.commands.order_options import found_campaign, give, order_options
from controller.order import Drain


@click.command()
@order_options
@click.pass_context
def command(ctx: click.Context, campaign: str | None, reason: str, own_home: Path | None) -> int:
    """End the session of CAMPAIGN (its name or file; the home's only one by default) in good order.

    Nothing more is dispatched, what runs finishes, and the command that runs it ends with status 0.
    cellwright run goes on later.
    """
    home, name = found_campaign(ctx, own_home, campaign)
    return give(home, Drain(campaign=name, reason=reason))
