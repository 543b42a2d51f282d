"""``cellwright status``: how a campaign stands, while it runs or afterwards."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from controller.cli import chosen_home, home_option
from controller.label import design_words, metric_label, objective_text
from controller.quantity import duration, percent, three, with_interval
from controller.state import Pause
from controller.status_document import Result, StatusDocument, status_document
from controller.stored_campaign import StoredCampaign, read_campaign
from controller.terminal import progress_view
from controller.watch import seen_by_control, watch
from experiments.budget import CURRENCIES
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.errors import Invalid


@click.command()
@click.argument("campaign", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--watch", "is_watch", is_flag=True, help="Go on showing it until it is at its end.")
@home_option
@click.pass_context
def command(
    ctx: click.Context,
    campaign: str | None,
    *,
    as_json: bool,
    is_watch: bool,
    own_home: Path | None,
) -> int:
    """Show how CAMPAIGN (its name or file; the home's only one by default) stands."""
    if is_watch and as_json:
        raise Invalid("--watch shows the campaign to people; --json is for a single look")
    stored = read_campaign(chosen_home(ctx, own_home), campaign)
    name = stored.state.campaign.name
    if is_watch:
        watch(stored.home, name, progress_view(sys.stdout), sleep=time.sleep)
        return 0
    live = seen_by_control(stored.home, name) if stored.state.phase == "running" else None
    stuck = None if live is None else live.stuck
    document = status_document(stored.state, report=_report(stored), stuck=stuck)
    if as_json:
        click.echo(document.model_dump_json(indent=2))
    else:
        for name, text in _lines(document, stored.state.campaign):
            click.echo(f"{name:<12}{text}")
    return 0


def _report(stored: StoredCampaign) -> str | None:
    path = stored.home.reports / f"{stored.state.campaign.name}.html"
    return str(path) if path.is_file() else None


def _lines(document: StatusDocument, campaign: Campaign) -> list[tuple[str, str]]:
    """Return the document as words beside values."""
    lines = [
        ("campaign", document.campaign),
        ("objective", "; ".join(objective_text(campaign, one) for one in campaign.objectives)),
        ("state", document.state + (f" ({document.reason})" if document.reason else "")),
        ("done", _counts(document)),
    ]
    if document.paused is not None:
        pause = document.paused
        word = "draining" if pause.is_drain else "paused"
        lines.insert(3, (word, Pause(pause.by, pause.reason, pause.since).words))
    if document.outdated is not None:
        choices = f"cellwright upgrade {document.campaign} keep, redo or back"
        lines.append(("upgrade", f"{document.outdated}: {choices}"))
    if document.pending_approvals:
        waiting = ", ".join(document.pending_approvals)
        lines.append(("decide", f"{waiting}: cellwright pending {document.campaign}"))
    if document.stuck is not None:
        lines.append(("stuck", document.stuck))
    if document.failures:
        counts = (f"{n} {kind.replace('_', ' ')}" for kind, n in document.failures.items())
        lines.append(("failed", ", ".join(counts)))
    if document.measured_best is not None:
        lines.append(("best", _result_words(document.measured_best, campaign)))
    today = document.baseline.get(campaign.target)
    if today is not None:
        lines.append(("baseline", _objective_words(today, campaign)))
    if len(campaign.objectives) > 1:
        lines.append(("front", f"{len(document.pareto)} designs"))
    lines.append(("stored", _storage_words(document)))
    lines.append(("worked", duration(document.working_s)))
    if document.worker_utilisation is not None:
        lines.append(("workers", f"{percent(document.worker_utilisation)} busy"))
    if document.report is not None:
        lines.append(("report", document.report))
    return lines


def _storage_words(document: StatusDocument) -> str:
    use = document.storage
    text = f"{use.used_bytes / 1e9:.3g} GB of artifacts"
    if use.limit_bytes is not None:
        text += f" of {use.limit_bytes / 1e9:.3g} GB allowed"
        if use.used_bytes > use.limit_bytes:
            text += " (more cannot be deleted: the rest is kept for good)"
    return text + (f", {use.dropped} voxel files deleted" if use.dropped else "")


def _counts(document: StatusDocument) -> str:
    limits = document.budget.limit
    parts = [
        f"{name} {n}" + (f" of {limits[name]}" if name in limits else "")
        for name, n in document.observations.items()
    ]
    if "fine_equivalents" in limits:
        used = three(document.budget.used["fine_equivalents"])
        parts.append(f"cost {used} of {three(limits['fine_equivalents'])} target evaluations")
    if further := {name: limit for name, limit in limits.items() if name in CURRENCIES}:
        parts += [
            f"{three(document.budget.used[name])} of {three(limit)} {CURRENCIES[name]}"
            for name, limit in further.items()
        ]
    if document.in_flight:
        parts.append(f"{document.in_flight} under way")
    return ", ".join(parts)


def _result_words(result: Result, campaign: Campaign) -> str:
    design = design_words(Design(values=result.design))
    return f"{_objective_words(result, campaign)} at {result.fidelity}: {design}"


def _objective_words(result: Result, campaign: Campaign) -> str:
    words = []
    for objective in campaign.objectives:
        found = result.objectives.get(objective.name)
        if found is not None:
            unit = metric_label(campaign.metric_key(objective)).unit
            words.append(with_interval(found.value, found.low, found.high, unit))
    return ", ".join(words)
