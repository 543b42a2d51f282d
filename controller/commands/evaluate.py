"""``cellwright evaluate``: take one design through the chain, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from rich.console import Console
from rich.table import Table

from controller.asked_design import AskedDesign, asked_design, baseline_design_of, read_value
from controller.campaign_file import load_campaign
from controller.cli import FAILED, USAGE, chosen_home, home_option
from controller.label import failure_text, metric_label
from controller.quantity import duration, three, with_unit
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.errors import Invalid
from experiments.job import Job, new_job
from experiments.observation import FailureKind, Metric, Observation

if TYPE_CHECKING:
    from controller.report.evaluation_figures import Shown


@click.command()
@click.argument("campaign")
@click.option(
    "--from",
    "origin",
    type=click.Choice(["baseline", "best"]),
    help="Where values not named come from: today's electrode, or the best measured so far.",
)
@click.option("--at", "named", multiple=True, metavar="NAME=VALUE", help="Set one value.")
@click.option("--fidelity", metavar="NAME", help="The level to evaluate at. Default: the target.")
@click.option("--seed", type=click.IntRange(min=0, max=2**48 - 1), help="Another random structure.")
@click.option(
    "--figures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write voltage, profiles and energies, beside the baseline's, into this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@home_option
@click.pass_context
def command(
    ctx: click.Context,
    campaign: str,
    *,
    origin: Literal["baseline", "best"] | None,
    named: tuple[str, ...],
    fidelity: str | None,
    seed: int | None,
    figures: Path | None,
    as_json: bool,
    own_home: Path | None,
) -> int:
    """Evaluate one design of CAMPAIGN: structure, properties, cell."""
    spec = load_campaign(campaign).campaign
    home = chosen_home(ctx, own_home)
    level = _level(spec, fidelity)
    values = dict(read_value(spec, text) for text in named)
    if spec.baseline is not None and baseline_design_of(spec) is None and origin == "baseline":
        if values:
            raise Invalid("--from baseline: an image has no values to change; leave --at out")
        asked, purpose = AskedDesign(Design(), ()), "baseline"
    else:
        base = _best(home, spec) if origin == "best" else baseline_design_of(spec)
        if origin == "baseline" and base is None:
            raise Invalid(f"--from baseline: campaign {spec.name} has no baseline")
        asked, purpose = asked_design(spec, values, base, origin or "the baseline"), "search"
    for note in asked.notes:
        click.echo(note, err=True)
    job = new_job(
        spec.name,
        asked.design,
        level,
        campaign_seed=spec.seed if seed is None else seed,
        purpose="baseline" if purpose == "baseline" else "search",
    )
    observation = _evaluate(spec, job, home)
    written = [] if figures is None else _draw(figures, spec, observation, home)
    if as_json:
        document = {**_document(observation), "figures": [str(path) for path in written]}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _show(spec, observation)
        for path in written:
            click.echo(f"wrote {path}", err=True)
    if observation.failure is not None and observation.failure.kind is FailureKind.bad_input:
        return USAGE
    return FAILED if observation.is_failed else 0


def _level(spec: Campaign, fidelity: str | None) -> str:
    names = [level.name for level in spec.fidelities]
    if fidelity is not None and fidelity not in names:
        raise Invalid(f"--fidelity {fidelity}: not a level; allowed: {', '.join(names)}")
    return fidelity or spec.target


def _best(home: Path, spec: Campaign) -> Design:
    from controller.fold import fold
    from controller.home import existing_home
    from controller.journal import JournalReader
    from controller.results import measured_best

    with JournalReader(existing_home(home).journal) as journal:
        state = fold(journal.read(spec.name))
    best = None if state is None else measured_best(state)
    if best is None:
        raise Invalid(f"--from best: campaign {spec.name} has no measured best in {home} yet")
    return best.job.design


def _evaluate(spec: Campaign, job: Job, home: Path) -> Observation:
    from agents.evaluate_job import evaluate_job
    from controller.home import make_home

    console = Console(stderr=True)
    with console.status("starting") as status:
        return evaluate_job(
            spec,
            job,
            make_home(home).artifacts.as_uri(),
            progress=status.update,
        )


def _draw(figures: Path, spec: Campaign, observation: Observation, home: Path) -> list[Path]:
    """Draw an evaluation beside today's electrode, which is evaluated at the same level."""
    if observation.is_failed:
        return []
    from controller.report.evaluation_figures import write_evaluation

    baseline = None
    if spec.baseline is not None and observation.job.purpose != "baseline":
        job = new_job(
            spec.name,
            baseline_design_of(spec) or Design(),
            observation.job.fidelity,
            campaign_seed=spec.seed,
            purpose="baseline",
        )
        today = _evaluate(spec, job, home)
        baseline = None if today.is_failed else _shown("baseline", today, home)
    name = "baseline" if observation.job.purpose == "baseline" else "this design"
    others = _others(spec, observation.job.fidelity, home)
    return write_evaluation(figures, spec, _shown(name, observation, home), baseline, others)


def _shown(name: str, observation: Observation, home: Path) -> Shown:
    from controller.home import make_home
    from controller.report.attachments import depth_profiles, discharge_curves, reader
    from controller.report.evaluation_figures import Shown

    read = reader(make_home(home).artifacts)
    curve = next(iter(discharge_curves(observation, read)), None)
    return Shown(name, observation, curve, depth_profiles(observation, read))


def _others(spec: Campaign, fidelity: str, home: Path) -> list[Observation]:
    """Return the campaign's results at a level that have energies, where it ran in this home."""
    from controller.fold import fold
    from controller.home import existing_home
    from controller.journal import JournalReader
    from controller.results import searched

    try:
        found = existing_home(home)
    except Invalid:
        return []
    if not found.journal.exists():
        return []
    with JournalReader(found.journal) as journal:
        state = fold(journal.read(spec.name))
    results = () if state is None else searched(state, fidelity)
    metrics = ("specific_energy_Wh_per_kg", "energy_density_Wh_per_L")
    return [one for one in results if all(one.value(metric) is not None for metric in metrics)]


def _document(observation: Observation) -> dict[str, Any]:
    """Return the observation under the names of the command's contract."""
    plain = observation.model_dump(mode="json")
    return {
        "campaign": observation.job.campaign,
        "design": plain["job"]["design"]["values"],
        "fidelity": observation.job.fidelity,
        "seed": observation.job.seed,
        "recipe": plain["recipe"],
        "properties": plain["properties"],
        "performance": {name: metric.value for name, metric in observation.metrics.items()},
        "samples": {name: list(metric.samples) for name, metric in observation.metrics.items()},
        "bias": {name: metric.bias for name, metric in observation.metrics.items()},
        "reasons": {
            name: metric.reason for name, metric in observation.metrics.items() if metric.reason
        },
        "termination": observation.termination,
        "flags": list(observation.flags),
        "failure": plain["failure"],
        "provenance": plain["provenance"],
    }


def _show(spec: Campaign, observation: Observation) -> None:
    console = Console()
    if observation.failure is not None:
        failure = observation.failure
        console.print(f"[red]failed[/]: {failure_text(failure.kind)}. {failure.message}")
        return
    power = f" at {spec.powers_W[0]:g} W" if spec.powers_W else ""
    table = Table(box=None, pad_edge=False)
    table.add_column(f"{spec.cell.format}{power}, {observation.job.fidelity}")
    table.add_column("", justify="right")
    table.add_column("volumes", style="dim")
    table.add_column("bias", justify="right", style="dim")
    for name, metric in observation.metrics.items():
        label = metric_label(name)
        table.add_row(
            label.text,
            with_unit(metric.value, label.unit) if metric.value is not None else metric.reason,
            ", ".join(three(sample) for sample in metric.samples),
            _relative_bias(metric),
        )
    console.print(table)
    console.print(
        "Bias: the structure's figures by its voxels, the cell's by mesh and tolerance alone.",
        style="dim",
    )
    for note in (*observation.flags, *observation.provenance.fallbacks):
        console.print(f"Note: {note}.")
    console.print(
        f"Ended by: {observation.termination}. "
        f"Worker time {duration(observation.provenance.busy_s)}."
    )


def _relative_bias(metric: Metric) -> str:
    """Return a metric's estimated mesh and voxel error as a share of its value."""
    if metric.bias is None or not metric.value:
        return ""
    return f"{metric.bias / metric.value:+.2%}"
