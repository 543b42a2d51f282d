"""``cellwright abort``: end a campaign for good."""

from __future__ import annotations

import sys

import click

from controller.commands.order_options import at_order_desk
from controller.desk import OrderDesk
from experiments.errors import Invalid


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask whether this is meant.")
@at_order_desk
def command(desk: OrderDesk, *, reason: str, yes: bool) -> str:
    """End CAMPAIGN (its name or file; the home's only one by default) for good.

    What runs is cancelled, what was found is kept, and the campaign cannot be run again.
    """
    if not yes:
        if not sys.stdin.isatty():
            raise Invalid(f"abort ends campaign {desk.campaign} for good: confirm it with --yes")
        click.confirm(f"End campaign {desk.campaign} for good?", abort=True, err=True)
    return desk.order("abort", reason=reason)
