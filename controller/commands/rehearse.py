"""``cellwright rehearse``: what a campaign would take on a cluster, before a day of it is spent."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import click

from controller.campaign_file import load_campaign
from controller.cli import FAILED
from experiments.errors import Invalid


@click.command()
@click.argument("campaign")
@click.option(
    "--workers",
    "n_workers",
    type=click.IntRange(1, 100_000),
    default=8,
    show_default=True,
    help="Jobs at once.",
)
@click.option(
    "--days",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="End after so many simulated days.",
)
@click.option(
    "--job-minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Mean time of a job at the target.",
)
@click.option(
    "--spread",
    type=click.FloatRange(min=1),
    default=10.0,
    show_default=True,
    help="Longest over shortest time of a level's jobs.",
)
@click.option(
    "--refit-minutes",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Mean time of a question to the decider.",
)
@click.option(
    "--faults",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    metavar="FACTOR",
    help="How often machines fail; 0 is never, 20 is harsh.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Equal seeds rehearse equally.",
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the rehearsal's journal in this new folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    *,
    campaign: str,
    n_workers: int,
    days: float,
    job_minutes: float,
    spread: float,
    refit_minutes: float,
    faults: float,
    seed: int,
    journal: Path | None,
    as_json: bool,
) -> int:
    """Run CAMPAIGN (a file or a built-in name) on a simulated cluster and a simulated clock.

    The controller, the decider and the journal are the real ones; the results are made up, and
    nothing is said about designs: what is told is how busy the workers are, how long it takes, and
    what the faults cost.
    """
    from controller.rehearsal import Faults, Settings, broken_invariants, rehearse
    from controller.rehearsal.account import account

    loaded = load_campaign(campaign)
    settings = Settings(
        n_workers=n_workers,
        days=days,
        seed=seed,
        job_s=60 * job_minutes,
        spread=spread,
        refit_s=60 * refit_minutes,
        faults=Faults().times(faults) if faults else Faults.none(),
    )
    with tempfile.TemporaryDirectory() as temporary:
        rehearsed = rehearse(loaded, settings, _folder(journal, Path(temporary)))
        broken = broken_invariants(rehearsed)
    told = account(rehearsed, settings, broken)
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        for line in _lines(told):
            click.echo(line)
    return FAILED if broken else 0


def _folder(asked: Path | None, temporary: Path) -> Path:
    """Return where the journal goes. Raises ``Invalid`` for a folder that holds something."""
    if asked is None:
        return temporary
    if asked.exists() and any(asked.iterdir()):
        raise Invalid(f"--journal {asked}: is not empty; name a new folder")
    asked.mkdir(parents=True, exist_ok=True)
    return asked


def _lines(told: dict[str, Any]) -> list[str]:
    """Return the account for people."""
    share = told["utilisation"]
    busy = "none started" if share is None else f"{100 * share:.1f}% busy"
    counts = ", ".join(f"{n} {level}" for level, n in told["evaluations"].items())
    lines = [
        f"{told['campaign']}: {told['ending']} after {told['days']:.2f} days",
        f"evaluations  {counts}; {told['evaluations_per_day']:.4g} a day",
        f"workers      {told['workers']}, {busy}",
        f"lost         {told['workers_lost']} workers, {told['computes_lost']} computes, "
        f"{told['controls_lost']} controls",
    ]
    if told["failures"]:
        kinds = ", ".join(f"{n} {kind}" for kind, n in told["failures"].items())
        lines.append(f"failures     {kinds}")
    lines += [f"a session ended: {reason}" for reason in told["sessions_failed"]]
    lines += [f"DEFECT: {text}" for text in told["broken"]]
    if told["is_complete"]:
        lines.append("every job ended in one observation; no result was lost or doubled")
    return lines
