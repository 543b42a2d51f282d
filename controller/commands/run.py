"""``cellwright run``: start or resume a campaign, watch it, and end with the best design."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from controller import wiring
from controller.campaign_file import load_campaign
from controller.cli import FAILED, INTERRUPTED, chosen_home, home_option
from controller.events import UpgradeChoice
from controller.progress import Moment, take_snapshot
from controller.results import measured_best
from controller.session import SessionOptions, SessionResult, run_session
from controller.status_document import status_document
from controller.stored_campaign import without_control
from controller.terminal import closing_lines
from controller.tracking_address import without_secrets


@click.command()
@click.argument("campaign")
@click.option("--ray", "ray_address", metavar="ADDRESS", help="Join this Ray cluster.")
@click.option("--workers", "n_workers", type=click.IntRange(min=1), help="Jobs at once.")
@click.option(
    "--stop-after",
    type=click.IntRange(min=1),
    metavar="N",
    help="Stop in good order after N more evaluations.",
)
@click.option("--take-over", is_flag=True, help="Take the home from a control that hangs.")
@click.option(
    "--metrics",
    "metrics_port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Answer Prometheus on this port of the loopback address.",
)
@click.option(
    "--after-upgrade",
    type=click.Choice(["keep", "redo"]),
    help="Where versions changed under the results: keep the old ones as a source of their own, "
    "or make them again. Default: wait and ask.",
)
@click.option(
    "--mlflow",
    "mlflow_uri",
    metavar="URI",
    help="Send the MLflow runs there. Default: $MLFLOW_TRACKING_URI, else the home's own store.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document at the end.")
@home_option
@click.pass_context
def command(
    ctx: click.Context,
    campaign: str,
    *,
    ray_address: str | None,
    n_workers: int | None,
    stop_after: int | None,
    take_over: bool,
    metrics_port: int | None,
    after_upgrade: UpgradeChoice | None,
    mlflow_uri: str | None,
    as_json: bool,
    own_home: Path | None,
) -> int:
    """Start CAMPAIGN (a file, or a built-in name such as quickstart), or resume it."""
    loaded = load_campaign(campaign)
    for table in loaded.knowledge:
        _say(f"knows {table.words}")
    home_path = chosen_home(ctx, own_home)
    options = SessionOptions(
        ray_address,
        n_workers,
        stop_after,
        take_over,
        metrics_port,
        after_upgrade,
        mlflow_uri,
    )
    go_on = _go_on(campaign, ctx.find_root().obj or own_home, options)
    try:
        done = run_session(loaded, home_path, options, _say)
    except KeyboardInterrupt:
        _say(f"interrupted; everything is saved. To go on: {go_on}")
        return INTERRUPTED
    if done.outcome.ending == "interrupted":
        _say(f"interrupted; everything is saved. To go on: {go_on}")
        if as_json:
            _print_json(done, None)
        return INTERRUPTED
    if done.was_finished:
        _say(f"campaign {loaded.campaign.name} is finished already; raise its budget to go on")
    elif done.outcome.ending == "stopped as asked":
        _say(done.outcome.state.reason)
    report, problem = _report(done)
    if as_json:
        _print_json(done, report)
    else:
        state = done.outcome.state
        best = measured_best(state)
        for line in closing_lines(
            take_snapshot(state, Moment()),
            best_design=None if best is None else best.job.design,
            report=report,
            go_on=go_on,
        ):
            click.echo(line)
    if problem is not None:
        _say(f"cellwright: the report could not be written: {problem}")
        return FAILED
    return 0


def _report(done: SessionResult) -> tuple[Path | None, str | None]:
    """Write the report, and return its path or what went wrong."""
    try:
        name = done.outcome.state.campaign.name
        return wiring.report(done.home, name, wiring.clock().now()), None
    except Exception as error:  # noqa: BLE001 - the campaign's results stand without a report
        return None, f"{type(error).__name__}: {error}"


def _print_json(done: SessionResult, report: Path | None) -> None:
    document = status_document(
        without_control(done.outcome.state), report=None if report is None else str(report)
    )
    click.echo(document.model_dump_json(indent=2))


def _go_on(campaign: str, home: Path | None, options: SessionOptions) -> str:
    """Return the command line that resumes the campaign."""
    words = ["cellwright", "run", campaign]
    if home is not None:
        words += ["--home", str(home)]
    if options.ray_address is not None:
        words += ["--ray", options.ray_address]
    if options.n_workers is not None:
        words += ["--workers", str(options.n_workers)]
    if options.mlflow_uri is not None:
        words += ["--mlflow", without_secrets(options.mlflow_uri)]
    return shlex.join(words)


def _say(text: str) -> None:
    click.echo(text, err=True)
