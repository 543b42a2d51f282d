"""``cellwright abort``: end a campaign for good."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from controller.commands.order_options import found_campaign, give, order_options
from controller.order import Abort
from experiments.errors import Invalid


@click.command()
@order_options
@click.option("--yes", is_flag=True, help="Do not ask whether this is meant.")
@click.pass_context
def command(
    ctx: click.Context, campaign: str | None, reason: str, own_home: Path | None, yes: bool
) -> int:
    """End CAMPAIGN (its name or file; the home's only one by default) for good.

    What runs is cancelled, what was found is kept, and the campaign cannot be run again.
    """
    home, name = found_campaign(ctx, own_home, campaign)
    if not yes:
        if not sys.stdin.isatty():
            raise Invalid(f"abort ends campaign {name} for good: confirm it with --yes")
        click.confirm(f"End campaign {name} for good?", abort=True, err=True)
    return give(home, Abort(campaign=name, reason=reason))
