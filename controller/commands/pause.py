"""``cellwright pause``: stop dispatching in a campaign until somebody lifts it."""

from __future__ import annotations

from pathlib import Path

import click

from controller.commands.order_options import found_campaign, give, order_options
from controller.order import Pause


@click.command()
@order_options
@click.pass_context
def command(ctx: click.Context, campaign: str | None, reason: str, own_home: Path | None) -> int:
    """Dispatch nothing more in CAMPAIGN (its name or file; the home's only one by default).

    What runs finishes, what waits goes on later. It stays paused through stops, kills and restarts
    until cellwright resume.
    """
    home, name = found_campaign(ctx, own_home, campaign)
    return give(home, Pause(campaign=name, reason=reason))
