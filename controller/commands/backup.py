"""``cellwright backup``: a copy of the home, taken while its campaigns run."""

from __future__ import annotations

from pathlib import Path

import click

from controller.backup import back_up
from controller.cli import chosen_home, home_option
from controller.home import existing_home
from controller.quantity import counted


@click.command()
@click.argument("destination", type=click.Path(path_type=Path))
@home_option
@click.pass_context
def command(ctx: click.Context, *, destination: Path, own_home: Path | None) -> int:
    """Copy the home's journal and artifacts to DESTINATION, a folder that is not there yet.

    The copy is a home: to go on from it, name it with --home.
    """
    home = existing_home(chosen_home(ctx, own_home))
    tip = back_up(home, destination.absolute())
    click.echo(str(destination.absolute()))
    click.echo(f"{counted(tip.position, 'event')}, verified; hash {tip.hash}", err=True)
    return 0
