"""Write a campaign's report: one HTML file, from the journal and the artifact folder alone."""

from __future__ import annotations

import importlib.resources
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from controller.fold import fold
from controller.home import Home
from controller.journal import JournalReader
from controller.label import objective_text
from controller.quantity import unbroken
from controller.report import answer, belief, cost, provenance
from controller.report.attachments import reader
from controller.report.convergence import convergence
from controller.report.discharges import cell_figures
from controller.report.figure import Figure, Grid, Section
from controller.report.landscape import surface
from controller.report.material import Material
from controller.report.parallel import parallel_coordinates
from controller.report.pareto import pareto_front
from controller.report.picture import Portrait
from controller.report.portraits import campaign_portraits
from controller.report.residuals import residual_figures
from controller.report.timeline import timeline
from controller.report.tokens import DARK, LIGHT, css_variables
from controller.stored_campaign import is_worked_on, without_control
from experiments.errors import Invalid

_TITLES: Final = {
    "answer": "The answer",
    "picture": "The picture",
    "belief": "Why to believe it",
    "landscape": "The landscape",
    "cell": "The cell",
    "cost": "What it cost and what failed",
    "provenance": "Provenance",
}


@dataclass(frozen=True)
class Report:
    """Everything the page shows."""

    material: Material
    sections: tuple[Section, ...]
    portraits: tuple[Portrait, ...]

    @property
    def figures(self) -> list[Figure]:
        """Return all plots of the page."""
        return [figure for section in self.sections for figure in section.figures]


def write_report(home: Home, campaign: str, *, now: datetime, path: Path | None = None) -> Path:
    """Write the report of a campaign as it stands in the journal, and return its path.

    Raises ``Invalid`` where the home does not know the campaign or the file cannot be written.
    """
    material = read_material(home, campaign)
    target = path or home.reports / f"{campaign}.html"
    text = page(compose(material), now=now)
    half = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        half.write_text(text, "utf-8")
        half.replace(target)
    except OSError as error:
        raise Invalid(f"{target} cannot be written: {error.strerror}") from error
    return target


def read_material(home: Home, campaign: str) -> Material:
    """Return what the journal knows of a campaign. Raises ``Invalid`` where it is not there."""
    with JournalReader(home.journal) as journal:
        known = journal.campaigns()
        events = list(journal.read(campaign))
        epoch = journal.latest_epoch()
    state = fold(events)
    if state is None:
        names = ", ".join(known) or "none"
        raise Invalid(f"{home.path} holds no campaign {campaign!r}; it holds: {names}")
    identity = {"Journal hash": events[-1].hash, "Epoch": str(events[-1].epoch)}
    if not is_worked_on(home, state, epoch):
        state = without_control(state)
    return Material(state, reader(home.artifacts), identity)


def compose(material: Material) -> Report:
    """Return the seven sections of a report."""
    sections = (
        _section("answer", answer.sentences(material), grids=_grids(answer.table(material))),
        _section("picture"),
        _section("belief", figures=_belief(material), notes=_model_notes(material)),
        _section("landscape", figures=_landscape(material)),
        _section("cell", figures=tuple(cell_figures(material))),
        _section(
            "cost",
            cost.sentences(material),
            figures=_present(timeline(material), cost.stage_times(material)),
            grids=_grids(provenance.spent(material), cost.failures(material)),
        ),
        _section(
            "provenance",
            provenance.fallbacks(material),
            grids=_grids(provenance.identity(material), provenance.versions(material)),
        ),
    )
    return Report(material, sections, tuple(campaign_portraits(material)))


def page(report: Report, *, now: datetime) -> str:
    """Return the report as one HTML document that loads nothing."""
    environment = Environment(
        loader=PackageLoader("controller", "report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = unbroken
    campaign = report.material.campaign
    return environment.get_template("page.html").render(
        report=report,
        campaign=campaign,
        state=report.material.state,
        objectives=[objective_text(campaign, one) for one in campaign.objectives],
        evidence=provenance.best_design(report.material),
        results=provenance.results(report.material),
        written_at=provenance.moment(now.astimezone(UTC).isoformat()),
        light=css_variables(LIGHT),
        dark=css_variables(DARK),
        style=_resource("page.css"),
        script=_resource("page.js"),
        plotly=_plotly() if report.figures else "",
    )


def _section(
    name: str,
    notes: tuple[str, ...] = (),
    *,
    figures: tuple[Figure, ...] = (),
    grids: tuple[Grid, ...] = (),
) -> Section:
    return Section(name, _TITLES[name], notes, _without_gaps(figures), grids)


def _without_gaps(figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
    """Widen every narrow figure that would stand alone in its row of two."""
    placed: list[Figure] = []
    for n, figure in enumerate(figures):
        has_neighbour = n + 1 < len(figures) and not figures[n + 1].is_wide
        is_second = bool(placed) and not placed[-1].is_wide and _n_narrow(placed) % 2 == 1
        alone = not figure.is_wide and not has_neighbour and not is_second
        placed.append(replace(figure, is_wide=True) if alone else figure)
    return tuple(placed)


def _n_narrow(placed: list[Figure]) -> int:
    """Return how many narrow figures stand in a row at the end."""
    n = 0
    for figure in reversed(placed):
        if figure.is_wide:
            break
        n += 1
    return n


def _belief(material: Material) -> tuple[Figure, ...]:
    if not material.observations:
        return _present(belief.sensitivity(material))
    found = [convergence(material, one) for one in material.campaign.objectives]
    for objective in material.campaign.objectives:
        metric = material.campaign.metric_key(objective)
        found += _present(
            belief.predicted_against_observed(material, metric),
            belief.calibration(material, metric),
        )
    return (*found, *residual_figures(material), *_present(belief.sensitivity(material)))


def _model_notes(material: Material) -> tuple[str, ...]:
    if material.diagnosis is None:
        return ("The model has not been fitted yet; there is nothing to hold it against.",)
    return belief.model_sentences(material)


def _landscape(material: Material) -> tuple[Figure, ...]:
    return _present(
        surface(material),
        pareto_front(material),
        parallel_coordinates(material),
    )


def _present(*figures: Figure | None) -> tuple[Figure, ...]:
    return tuple(figure for figure in figures if figure is not None)


def _grids(*grids: Grid | None) -> tuple[Grid, ...]:
    return tuple(grid for grid in grids if grid is not None)


def _resource(name: str) -> str:
    return (importlib.resources.files("controller.report") / name).read_text("utf-8")


def _plotly() -> str:
    """Return plotly.js as it comes with the plotly package."""
    source = importlib.resources.files("plotly") / "package_data" / "plotly.min.js"
    return source.read_text("utf-8").replace("</script", "<\\/script")
