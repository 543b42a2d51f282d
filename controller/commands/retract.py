"""``cellwright retract``: take a wrong result back."""

from __future__ import annotations

from pathlib import Path

import click

from controller.cli import home_option
from controller.commands.order_options import found_job, give
from controller.order import Retract


@click.command()
@click.argument("campaign")
@click.argument("observation")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept in the journal.")
@home_option
@click.pass_context
def command(
    ctx: click.Context, campaign: str, observation: str, reason: str, own_home: Path | None
) -> int:
    """Take the result OBSERVATION of CAMPAIGN back: nothing learns from it any more.

    OBSERVATION is best, a job id, or its first digits. Best designs, front, calibration and report
    follow, and the decider is asked anew. The evaluation stays spent; the result stays in the
    journal.
    """
    home, name, job_id = found_job(ctx, own_home, campaign, observation)
    return give(home, Retract(campaign=name, job_id=job_id, reason=reason))
