"""``cellwright import``: take up a campaign that was archived elsewhere."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from controller import wiring
from controller.anchored_journal import AnchoredJournal
from controller.cli import chosen_home, home_option
from controller.home import HomeLock, make_home
from controller.quantity import counted
from controller.unarchive import check_archive, read_archive


@click.command()
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False))
@home_option
@click.pass_context
def command(ctx: click.Context, archive: Path, *, own_home: Path | None) -> int:
    """Store the campaign of ARCHIVE in the home, which is made where there is none.

    To go on, run its campaign file. Every hash is checked first; a home that has a campaign of that
    name is left as it is.
    """
    check_archive(archive)
    home = make_home(chosen_home(ctx, own_home))
    lock = HomeLock(home)
    try:
        with closing(AnchoredJournal(home.journal, wiring.clock())) as journal:
            manifest = read_archive(archive, home, journal)
    finally:
        lock.release()
    click.echo(manifest.campaign)
    words = f"{counted(manifest.n_events, 'event')}, {counted(len(manifest.members) - 1, 'file')}"
    click.echo(f"{words}; stored in {home.path}", err=True)
    return 0
