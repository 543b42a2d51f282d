"""``cellwright priority``: say which share of the workers a campaign may use."""

from __future__ import annotations

from pathlib import Path

import click

from controller.cli import home_option
from controller.commands.order_options import found_campaign, give
from controller.order import SetPriority


@click.command()
@click.argument("campaign")
@click.argument("share", type=click.IntRange(1, 100))
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the journal.")
@home_option
@click.pass_context
def command(
    ctx: click.Context, campaign: str, share: int, reason: str, own_home: Path | None
) -> int:
    """Let CAMPAIGN use at most SHARE percent of its workers, 100 at first.

    Campaigns that share a cluster share it so: each by a control of its own, in a home of its own.
    """
    home, name = found_campaign(ctx, own_home, campaign)
    return give(home, SetPriority(campaign=name, share_pct=share, reason=reason))
