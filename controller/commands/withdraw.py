"""``cellwright withdraw``: take an approval back before anything was sent."""

from __future__ import annotations

import click

from controller.commands.decision_options import at_desk
from controller.desk import Desk


@click.command()
@click.argument("proposal")
@at_desk
def command(desk: Desk, proposal: str, *, text: str) -> str:
    """Withdraw the approval of PROPOSAL (p3 or p3@DIGEST) of CAMPAIGN, while nothing is sent."""
    return desk.withdraw(proposal, text=text)
