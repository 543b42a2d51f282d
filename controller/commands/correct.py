"""``cellwright correct``: put one metric of a result right."""

from __future__ import annotations

import math
from pathlib import Path

import click

from controller.cli import home_option
from controller.commands.order_options import found_job, give
from controller.order import Correct
from experiments.errors import Invalid


@click.command()
@click.argument("campaign")
@click.argument("observation")
@click.argument("metric_value", metavar="METRIC=VALUE")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept in the journal.")
@home_option
@click.pass_context
def command(
    ctx: click.Context,
    campaign: str,
    observation: str,
    metric_value: str,
    reason: str,
    own_home: Path | None,
) -> int:
    """Put one metric of the result OBSERVATION of CAMPAIGN right, in the metric's own unit.

    OBSERVATION is best, a job id, or its first digits. The wrong value stays in the journal and on
    the observation's flags; best designs, front and report follow, and the decider is asked anew.
    """
    metric, value = _read(metric_value)
    home, name, job_id = found_job(ctx, own_home, campaign, observation)
    order = Correct(campaign=name, job_id=job_id, metric=metric, value=value, reason=reason)
    return give(home, order)


def _read(text: str) -> tuple[str, float]:
    metric, sign, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not (metric and sign and math.isfinite(value)):
        raise Invalid(f"{text!r}: expected METRIC=VALUE with a finite number")
    return metric, value
