"""``cellwright report``: a campaign's HTML report, at any moment."""

from __future__ import annotations

import json
from pathlib import Path

import click

from controller import wiring
from controller.cli import chosen_home, home_option
from controller.stored_campaign import read_campaign


@click.command()
@click.argument("campaign", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    metavar="FILE",
    help="File to write. Default: HOME/reports/CAMPAIGN.html.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@home_option
@click.pass_context
def command(
    ctx: click.Context,
    campaign: str | None,
    *,
    output: Path | None,
    as_json: bool,
    own_home: Path | None,
) -> int:
    """Write the report of CAMPAIGN (its name or file; the home's only one by default)."""
    from controller.report.build import write_report

    stored = read_campaign(chosen_home(ctx, own_home), campaign)
    name = stored.state.campaign.name
    path = write_report(stored.home, name, now=wiring.clock().now(), path=output)
    if as_json:
        document = {"campaign": name, "report": str(path), "size_bytes": path.stat().st_size}
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(str(path))
    return 0
