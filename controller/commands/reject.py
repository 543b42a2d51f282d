"""``cellwright reject``: have something not built, with the reason."""

from __future__ import annotations

import click

from controller.commands.decision_options import at_desk
from controller.decisions import REASONS
from controller.desk import Desk
from experiments.proposal import RejectionReason


@click.command()
@click.argument("version")
@click.option("--reason", required=True, type=click.Choice(REASONS), help="Why it is not built.")
@at_desk
def command(desk: Desk, version: str, *, reason: RejectionReason, text: str) -> str:
    """Reject VERSION (p3@1a2b3c4d, as cellwright pending shows it) of CAMPAIGN.

    The model learns no number from it. The same build is not proposed again; one that was only
    not_now may be after a week.
    """
    return desk.reject(version, reason, text=text)
