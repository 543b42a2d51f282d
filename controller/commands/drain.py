"""``cellwright drain``: end a campaign's session once what runs is done."""

from __future__ import annotations

import click

from controller.commands.order_options import at_order_desk
from controller.desk import OrderDesk


@click.command()
@at_order_desk
def command(desk: OrderDesk, *, reason: str) -> str:
    """End the session of CAMPAIGN (its name or file; the home's only one by default) in good order.

    Nothing more is dispatched, what runs finishes, and the command that runs it ends with status 0.
    cellwright run goes on later.
    """
    return desk.order("drain", reason=reason)
