"""``cellwright pause``: stop dispatching in a campaign until somebody lifts it."""

from __future__ import annotations

import click

from controller.commands.order_options import at_order_desk
from controller.desk import OrderDesk


@click.command()
@at_order_desk
def command(desk: OrderDesk, *, reason: str) -> str:
    """Dispatch nothing more in CAMPAIGN (its name or file; the home's only one by default).

    What runs finishes, what waits goes on later. It stays paused through stops, kills and restarts
    until cellwright resume.
    """
    return desk.order("pause", reason=reason)
