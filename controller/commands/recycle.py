"""``cellwright recycle``: have compute replaced by a fresh one."""

from __future__ import annotations

from pathlib import Path

import click

from controller.commands.order_options import found_campaign, give, order_options
from controller.order import Recycle


@click.command()
@order_options
@click.pass_context
def command(ctx: click.Context, campaign: str | None, reason: str, own_home: Path | None) -> int:
    """Replace the compute of CAMPAIGN (its name or file; the home's only one by default).

    The fresh one takes over what the old one had; nothing that is stored is made again.
    """
    home, name = found_campaign(ctx, own_home, campaign)
    return give(home, Recycle(campaign=name, reason=reason))
