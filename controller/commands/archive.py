"""``cellwright archive``: a whole campaign in one file, to go on with it elsewhere."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import click

from controller.archive import write_archive
from controller.cli import chosen_home, home_option
from controller.quantity import counted
from controller.stored_campaign import read_campaign


@click.command()
@click.argument("campaign", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    metavar="FILE",
    help="File to write. Default: CAMPAIGN.zip in the current folder.",
)
@home_option
@click.pass_context
def command(
    ctx: click.Context, campaign: str | None, *, output: Path | None, own_home: Path | None
) -> int:
    """Write CAMPAIGN with its events and artifacts into one file.

    On another machine, cellwright import takes it up. Go on in one of the two places only: results
    made in both cannot be joined again.
    """
    stored = read_campaign(chosen_home(ctx, own_home), campaign)
    name = stored.state.campaign.name
    target = (output or Path(f"{name}.zip")).absolute()
    done = write_archive(stored.home, name, target, program=version("cellwright"))
    click.echo(str(target))
    words = f"{counted(done.n_events, 'event')}, {counted(done.n_files, 'file')}"
    if done.n_missing:
        words += f"; {counted(done.n_missing, 'file')} not there (deleted voxels: see regenerate)"
    click.echo(words, err=True)
    return 0
