"""``cellwright verify``: the whole journal and the artifacts, checked against their hashes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from controller.artifact_check import artifact_faults
from controller.cli import FAILED, chosen_home, home_option
from controller.home import existing_home
from controller.journal import JournalReader
from controller.journal.copy import integrity_faults
from controller.quantity import counted
from controller.retention import dropped_hashes
from experiments.errors import Rejected


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@home_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool, own_home: Path | None) -> int:
    """Check the hash chain from its first event, the file's structure, and every artifact.

    Ends with 3 where something is damaged or missing, and says where.
    """
    home = existing_home(chosen_home(ctx, own_home))
    faults: list[dict[str, Any]] = []
    n_events = n_observed = 0
    try:
        with JournalReader(home.journal) as journal:
            n_events = journal.verify().position
            for name in journal.campaigns():
                events = list(journal.read(name))
                n_observed += sum(recorded.event.kind == "observed" for recorded in events)
                dropped = dropped_hashes(events)
                faults += [
                    {
                        "what": fault.artifact.url,
                        "position": fault.position,
                        "campaign": name,
                        "message": f"{fault.name} of job {fault.job_id} is {fault.fault}",
                    }
                    for fault in artifact_faults(home, events, dropped=dropped)
                ]
        faults += [
            {"what": str(home.journal), "position": None, "campaign": None, "message": text}
            for text in integrity_faults(home.journal)
        ]
    except Rejected as error:
        faults.append(
            {
                "what": str(home.journal),
                "position": error.evidence.get("position"),
                "campaign": None,
                "message": error.message,
            }
        )
    document = {
        "home": str(home.path),
        "is_whole": not faults,
        "events": n_events,
        "observations": n_observed,
        "faults": faults,
    }
    if as_json:
        click.echo(json.dumps(document, indent=2))
    else:
        for fault in faults:
            place = "" if fault["position"] is None else f"position {fault['position']}: "
            click.echo(f"{fault['what']}: {place}{fault['message']}")
        if not faults:
            counts = f"{counted(n_events, 'event')}, {counted(n_observed, 'observation')}"
            click.echo(f"{home.path} is whole: {counts}, and every artifact")
    return FAILED if faults else 0
