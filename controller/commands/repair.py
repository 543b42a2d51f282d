"""``cellwright repair``: keep what a damaged journal can still prove, and say what is lost."""

from __future__ import annotations

from pathlib import Path

import click

from controller import wiring
from controller.cli import FAILED, chosen_home, home_option
from controller.home import Home, HomeLock
from controller.journal import JournalReader
from controller.quantity import counted
from controller.repair import Repair, plan_repair, repair
from experiments.errors import Rejected


@click.command()
@click.option(
    "--yes", "is_agreed", is_flag=True, help="Do it; without this, only say what is lost."
)
@home_option
@click.pass_context
def command(ctx: click.Context, *, is_agreed: bool, own_home: Path | None) -> int:
    """Show what can be kept of a damaged journal; with --yes, go on with that.

    The damaged journal stays in the home under another name. A journal without a fault is left as
    it is.
    """
    home = Home(chosen_home(ctx, own_home))
    planned = plan_repair(home)
    lock = HomeLock(home)
    try:
        try:
            JournalReader(home.journal).close()
        except Rejected as error:
            click.echo(error.message, err=True)
        else:
            click.echo(f"{home.journal} is whole; nothing is to be repaired")
            return 0
        if not is_agreed:
            _say(planned)
            click.echo("nothing was changed; to do this: cellwright repair --yes", err=True)
            return FAILED
        done = repair(home, wiring.clock().now())
    finally:
        lock.release()
    _say(done)
    click.echo(f"the damaged journal is now {done.kept_beside}")
    return 0


def _say(repair: Repair) -> None:
    kept, lost = counted(repair.n_kept, "event"), counted(repair.n_lost, "event")
    click.echo(f"kept: {kept}, up to position {repair.tip.position}")
    click.echo(f"lost: {lost}")
    for line in repair.lost:
        click.echo(f"  lost {line} (read from the damaged file, unproven)")
