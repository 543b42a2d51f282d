"""``cellwright upgrade``: say what becomes of results that earlier versions made."""

from __future__ import annotations

from pathlib import Path

import click

from controller.cli import home_option
from controller.commands.order_options import found_campaign, give
from controller.events import UpgradeChoice
from controller.order import SettleUpgrade


@click.command()
@click.argument("campaign")
@click.argument("choice", type=click.Choice(["keep", "redo", "back"]))
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the journal.")
@home_option
@click.pass_context
def command(
    ctx: click.Context, campaign: str, choice: UpgradeChoice, reason: str, own_home: Path | None
) -> int:
    """Say what becomes of the results of CAMPAIGN that earlier versions of its stages made.

    keep: they stay as a source of their own, which the model relates to today's. redo: they are set
    aside and their jobs done again. back: the session ends, and what to install is told.
    """
    home, name = found_campaign(ctx, own_home, campaign)
    return give(home, SettleUpgrade(campaign=name, choice=choice, reason=reason))
