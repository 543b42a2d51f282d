"""``cellwright approve``: have exactly what was shown built."""

from __future__ import annotations

import click

from controller.commands.decision_options import at_desk
from controller.desk import Desk


@click.command()
@click.argument("version")
@at_desk
def command(desk: Desk, version: str, *, text: str) -> str:
    """Approve VERSION (p3@1a2b3c4d, as cellwright pending shows it) of CAMPAIGN.

    Exactly this version is built; one that was edited meanwhile is refused. It takes your personal
    token, and the role of an approver whom the campaign names.
    """
    return desk.approve(version, text=text)
