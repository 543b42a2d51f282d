"""``cellwright resume``: lift a pause."""

from __future__ import annotations

import click

from controller.commands.order_options import at_order_desk
from controller.desk import OrderDesk


@click.command()
@at_order_desk
def command(desk: OrderDesk, *, reason: str) -> str:
    """Lift the pause of CAMPAIGN (its name or file; the home's only one by default).

    Where no control works on it, start one with cellwright run.
    """
    return desk.order("resume", reason=reason)
