"""``cellwright export``: a campaign's data as CSV, Parquet and RO-Crate."""

from __future__ import annotations

import json
from pathlib import Path

import click

from controller import wiring
from controller.build_history import BuildHistory, build_history
from controller.cli import chosen_home, home_option
from controller.export import Exported, export_campaign
from controller.journal import JournalReader
from controller.quantity import counted
from controller.stored_campaign import StoredCampaign, read_campaign


@click.command()
@click.argument("campaign", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    metavar="DIR",
    help="Folder to write. Default: HOME/exports/CAMPAIGN.",
)
@click.option("--license", "licence", metavar="URL", help="Licence of the data, as its address.")
@click.option("--artifacts", is_flag=True, help="Copy voxels, curves and properties too.")
@click.option(
    "--build",
    "build_id",
    metavar="BUILD",
    help="One build's whole history, to stdout; with -o as a folder with its files.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@home_option
@click.pass_context
def command(
    ctx: click.Context,
    campaign: str | None,
    *,
    output: Path | None,
    licence: str | None,
    artifacts: bool,
    build_id: str | None,
    as_json: bool,
    own_home: Path | None,
) -> int:
    """Write the data of CAMPAIGN (its name or file; the home's only one by default)."""
    stored = read_campaign(chosen_home(ctx, own_home), campaign)
    name = stored.state.campaign.name
    if build_id is not None:
        with JournalReader(stored.home.journal) as journal:
            history = build_history(stored.state, journal.read(name), build_id)
        if output is None:
            click.echo(history.model_dump_json(indent=2))
            return 0
        written = _build_folder(stored, history, output, licence)
        return _tell(written, name, "file of the lab", as_json=as_json, counted_as="results")
    done = export_campaign(
        stored,
        output or stored.home.path / "exports" / name,
        now=wiring.clock().now(),
        licence=licence,
        with_artifacts=artifacts,
    )
    return _tell(done, name, "observation", as_json=as_json, counted_as="observations")


def _tell(done: Exported, name: str, noun: str, *, as_json: bool, counted_as: str) -> int:
    if as_json:
        document = {
            "campaign": name,
            "folder": str(done.folder),
            "files": [str(path.relative_to(done.folder)) for path in done.files],
            counted_as: done.n_rows,
        }
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(str(done.folder))
        words = f"{counted(done.n_rows, noun)} in {counted(len(done.files), 'file')}"
        click.echo(words, err=True)
    return 0


def _build_folder(
    stored: StoredCampaign, history: BuildHistory, output: Path, licence: str | None
) -> Exported:
    """Write a build's folder with the files that its instrument's adapter keeps."""
    from controller.build_crate import export_build
    from instruments.opening import kept_files
    from instruments.results.parser import Parser

    spool = kept_files(stored.home.path, history.instrument)
    with Parser() as parser:
        return export_build(
            stored.state,
            history,
            output,
            find=spool.find,
            read=lambda path: parser.read(path).record,
            now=wiring.clock().now(),
            licence=licence,
        )
