"""``cellwright pending``: what waits for a person, with what is needed to decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from controller import wiring
from controller.cli import chosen_home, home_option
from controller.commands.decision_options import (
    chosen_service,
    service_desk,
    service_option,
    token_option,
)
from controller.commands.waiting_elsewhere import waiting_elsewhere
from controller.edit_score import given_up_words
from controller.label import design_words, metric_label
from controller.pending_document import (
    BuildStanding,
    PendingDocument,
    PendingProposal,
    pending_document,
)
from controller.proposals import ENDED
from controller.quantity import counted, percent, three, with_interval
from controller.reality_check import RealityCheck
from controller.state import State
from controller.status_document import Result
from controller.stored_campaign import read_campaign
from controller.waiting_table import waiting_rows
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.recipe import Recipe


@click.command()
@click.argument("campaign", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@service_option
@token_option
@home_option
@click.pass_context
def command(
    ctx: click.Context,
    campaign: str | None,
    *,
    as_json: bool,
    own_home: Path | None,
    service: str | None,
    token_file: Path | None,
) -> int:
    """Show what of CAMPAIGN (its name or file; the home's only one by default) waits for people.

    At a service: each build in a few lines, and the page on which everything is.
    """
    address = chosen_service(ctx, service, own_home)
    if address is not None:
        with service_desk(address, token_file, campaign) as desk:
            for line in waiting_elsewhere(desk, address, as_json=as_json):
                click.echo(line)
        return 0
    state = read_campaign(chosen_home(ctx, own_home), campaign).state
    document = pending_document(state)
    if as_json:
        click.echo(document.model_dump_json(indent=2))
        return 0
    for line in _table(state):
        click.echo(line)
    for name, text in _lines(document, state.campaign):
        click.echo(f"{name:<12}{text}" if text else name)
    return 0


def _table(state: State) -> Iterator[str]:
    """Yield several builds that wait side by side; each is decided by itself."""
    rows = waiting_rows(state, wiring.clock().now())
    if len(rows) < 2:
        return
    heads = ("build", "predicted (95%)", "beats", "takes", "approvals", "decide by")
    cells = [
        (one.proposal_id, one.predicted, one.chance, one.takes, one.approvals, one.deadline)
        for one in rows
    ]
    widths = [max(len(line[n]) for line in (heads, *cells)) for n in range(len(heads))]
    for line in (heads, *cells):
        yield "  ".join(
            f"{text:<{width}}" for text, width in zip(line, widths, strict=True)
        ).rstrip()
    yield ""


def _lines(document: PendingDocument, campaign: Campaign) -> Iterator[tuple[str, str]]:
    if not document.proposals:
        yield "nothing", f"of {document.campaign} waits for a decision"
    for pending in document.proposals:
        yield from _proposal_lines(pending, document.incumbent, campaign)
        yield "", ""
    for build in document.builds:
        if build.stage not in ENDED:
            yield build.build_id, _build_words(build)
    yield from document.lessons.items()
    yield from _reality_lines(document.reality)


def _reality_lines(reality: RealityCheck) -> Iterator[tuple[str, str]]:
    if reality.mean_residual is None:
        return
    error = "" if reality.standard_error is None else f" ± {three(reality.standard_error)}"
    unit = metric_label(reality.residuals[0].metric).unit
    yield (
        "real cells",
        f"{three(reality.mean_residual)}{error} {unit} from what was predicted, "
        f"{reality.n_inside} of {reality.n_with_interval} inside the 95% interval",
    )
    for one in reality.line:
        unit = "" if one.quantity == "porosity" else " of what is asked"
        yield (
            "the line",
            f"{one.quantity} {100 * one.bias:+.2g} ± {100 * one.bias_sd:.2g} %{unit}, "
            f"{100 * one.scatter:.2g} % from coating to coating ({counted(one.n, 'build')})",
        )
    if reality.drift is not None:
        yield "DRIFT", reality.drift


def _proposal_lines(
    pending: PendingProposal, incumbent: Result | None, campaign: Campaign
) -> Iterator[tuple[str, str]]:
    proposal, request = pending.proposal, pending.proposal.request
    yield (
        proposal.id,
        f"{request.n_cells} {request.cell.format} cells at {proposal.instrument}, "
        f"{three(proposal.cost_EUR)} EUR, {three(proposal.channel_days)} channel-days",
    )
    yield "design", design_words(proposal.request.design)
    yield "recipe", _recipe_words(request.recipe)
    for text in pending.comes_out:
        yield "comes out", text
    for objective in campaign.objectives:
        key = campaign.metric_key(objective)
        label, found = metric_label(key), proposal.predicted.get(key)
        text = "no prediction"
        if found is not None:
            text = with_interval(found.mean, found.low, found.high, label.unit)
        if incumbent is not None and objective.name in incumbent.objectives:
            today = incumbent.objectives[objective.name]
            shown = with_interval(today.value, today.low, today.high, label.unit)
            text += f"; the best so far, at {incumbent.fidelity}: {shown}"
        yield "predicted", f"{label.text.lower()} {text}"
    yield "why", "; ".join(_why(pending))
    for other in proposal.alternatives:
        yield "instead", f"{design_words(Design(values=other.design.values))} at {other.fidelity}"
    if pending.edited_by is not None:
        yield "edited", f"version {proposal.version}, by {pending.edited_by}"
    if pending.needs_two:
        who = f"{pending.approved_by} approved; " if pending.approved_by else ""
        yield "two needed", f"{who}because {'; '.join(pending.needs_two)}"
    if words := given_up_words(proposal):
        yield "the model", words
    yield "rejected", pending.on_rejection
    yield "until", f"{datetime.fromisoformat(proposal.expires_at):%A %Y-%m-%d %H:%M %Z}"
    yield "decide", f"cellwright approve {pending.name}"
    yield "", f"{'':<12}cellwright reject {pending.name} --reason …"


def _why(pending: PendingProposal) -> Iterator[str]:
    proposal = pending.proposal
    yield proposal.reason
    if proposal.beats_incumbent is not None:
        yield f"{percent(proposal.beats_incumbent)} likely to beat the best so far"
    if proposal.success_probability is not None:
        yield f"{percent(proposal.success_probability)} likely to work"
    if proposal.is_inside_data is not None:
        inside = "within" if proposal.is_inside_data else "OUTSIDE"
        yield f"{inside} the range of the data"
    if proposal.nearest is not None:
        yield f"nearest observation {proposal.nearest.job_id} at {three(proposal.nearest.distance)}"


def _recipe_words(recipe: Recipe) -> str:
    positive = recipe.positive
    return (
        f"{three(positive.active_wt_pct)} wt% {positive.active_material}, "
        f"{three(positive.binder_wt_pct)} wt% binder, {three(positive.carbon_wt_pct)} wt% carbon; "
        f"porosity {three(positive.porosity)}, {three(1e6 * positive.thickness_m)} µm; "
        f"N/P {three(recipe.negative.n_to_p_ratio)}"
    )


def _build_words(build: BuildStanding) -> str:
    text = f"{build.proposal_id}, approved by {build.approved_by}: {build.stage.replace('_', ' ')}"
    if build.station:
        text += f" at {build.station}"
    if build.reason:
        text += f" ({build.reason})"
    if build.needs_person:
        text += f"; look there, then cellwright settle {build.build_id} …"
    return text
