"""``cellwright settle``: say what became of a build that nobody knows of."""

from __future__ import annotations

from typing import get_args

import click

from controller.commands.decision_options import at_desk
from controller.desk import Desk
from controller.settling import Outcome


@click.command()
@click.argument("build")
@click.argument("outcome", type=click.Choice(get_args(Outcome)))
@at_desk
def command(desk: Desk, build: str, outcome: Outcome, *, text: str) -> str:
    """Say of BUILD, after looking, whether the lab has it, or what becomes of a doubtful result.

    accepted: it has; not_accepted: it has not, and the order is sent again; given_up: it ends
    without a result, and is stopped in the lab. Of a result in doubt, accepted takes what is there.
    """
    return desk.settle(build, outcome, text=text)
