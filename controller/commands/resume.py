"""``cellwright resume``: lift a pause."""

from __future__ import annotations

from pathlib import Path

import click

from controller.commands.order_options import found_campaign, give, order_options
from controller.order import Resume


@click.command()
@order_options
@click.pass_context
def command(ctx: click.Context, campaign: str | None, reason: str, own_home: Path | None) -> int:
    """Lift the pause of CAMPAIGN (its name or file; the home's only one by default).

    Where no control works on it, start one with cellwright run.
    """
    home, name = found_campaign(ctx, own_home, campaign)
    return give(home, Resume(campaign=name, reason=reason))
