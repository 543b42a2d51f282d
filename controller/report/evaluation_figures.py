"""The figures of ``evaluate --figures``: voltage, losses, profiles, energy per kg and litre."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from controller.quantity import three
from controller.report.cell import LOSS_COLOURS, loss_text, ordered_losses
from controller.report.still_style import blank_figure, styled, write_png
from controller.report.tokens import LIGHT
from experiments.campaign import Campaign, metric_at
from experiments.observation import Observation
from experiments.performance import DepthProfiles, DischargeCurve

PUBLISHED: Final = {"first 4680 (Ank et al. 2023), rate not stated": (232.5, 622.4)}
"""Wh/kg and Wh/L at the cell, its rate not stated. Ank et al. 2023, J. Electrochem. Soc. 170,
120536; quoted."""
_LEGEND: Final[dict[str, Any]] = {"frameon": False, "fontsize": 9}
_DENSITY: Final[dict[str, Any]] = {"linewidth": 0.8, "linestyle": ":", "zorder": 0}
_VISIBLE_LOSS_V: Final = 2e-3
_MASS, _VOLUME = "specific_energy_Wh_per_kg", "energy_density_Wh_per_L"


@dataclass(frozen=True)
class Shown:
    """One evaluated cell with what is drawn of it."""

    name: str
    observation: Observation
    curve: DischargeCurve | None = None
    profiles: DepthProfiles | None = None


def write_evaluation(
    folder: Path,
    campaign: Campaign,
    cell: Shown,
    baseline: Shown | None,
    others: Sequence[Observation],
) -> list[Path]:
    """Write what can be drawn of an evaluation into a folder and return the paths.

    ``others`` are further results of the campaign, shown as small points.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = [cell] if baseline is None else [cell, baseline]
    written = []
    with styled():
        if cell.curve is not None:
            written.append(write_png(_voltage(known), folder / "voltage.png"))
        if cell.profiles is not None:
            written.append(write_png(_profiles(cell.profiles), folder / "profiles.png"))
        if cell.observation.value(_MASS) is not None:
            figure = _energies(campaign, known, others)
            written.append(write_png(figure, folder / "energies.png"))
    return written


def _colour(cell: Shown) -> str:
    return LIGHT["baseline" if cell.observation.job.purpose == "baseline" else "best"]


def _voltage(cells: Sequence[Shown]) -> Figure:
    """Draw the discharges above, and below each cell's losses on one scale."""
    drawn = [(cell, cell.curve) for cell in cells if cell.curve is not None]
    figure = blank_figure(8, 7.4)
    grid = figure.add_gridspec(2, len(drawn))
    top = figure.add_subplot(grid[0, :])
    for cell, curve in drawn:
        top.plot(curve.capacity_Ah, curve.voltage_V, color=_colour(cell), label=cell.name)
    top.set(title=f"Discharge at {three(drawn[0][1].power_W)} W")
    top.set(xlabel="Capacity / Ah", ylabel="Cell voltage / V")
    top.legend(**_LEGEND)
    names = [
        name
        for name in ordered_losses(drawn[0][1])
        if any(max(curve.losses_V.get(name, (0.0,))) > _VISIBLE_LOSS_V for _, curve in drawn)
    ]
    first: Axes | None = None
    for position, (cell, curve) in enumerate(drawn):
        place = figure.add_subplot(grid[1, position], sharey=first)
        place.stackplot(
            curve.capacity_Ah,
            [[1e3 * max(loss, 0.0) for loss in curve.losses_V[name]] for name in names],
            colors=[LOSS_COLOURS.get(name, LIGHT["soft"]) for name in names],
            labels=[loss_text(name) for name in names],
        )
        place.set(title=f"Where voltage is lost: {cell.name}", xlabel="Capacity / Ah")
        if first is None:
            place.set_ylabel("Loss / mV")
        first = first or place
    if first is not None and names:
        handles, labels = first.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, **_LEGEND)
    return figure


def _profiles(profiles: DepthProfiles) -> Figure:
    figure = blank_figure(8, 7.4)
    salt, lithium = figure.subplots(2, 1, sharex=True)
    for position, time_s in enumerate(profiles.time_s):
        shade = 0.25 + 0.75 * position / max(len(profiles.time_s) - 1, 1)
        colour: Any = (*_rgb(LIGHT["best"]), shade)
        salt.plot(
            _um(profiles.position_m),
            profiles.electrolyte_mol_per_m3[position],
            color=colour,
            label=f"{time_s / 60.0:.1f} min",
        )
        for x_m, values in (
            (profiles.negative_position_m, profiles.negative_stoichiometry[position]),
            (profiles.positive_position_m, profiles.positive_stoichiometry[position]),
        ):
            lithium.plot(_um(x_m), values, color=colour)
    start_um, end_um = _electrode_edges_um(profiles)
    for place in (salt, lithium):
        place.axvspan(start_um, end_um, color=LIGHT["grid"], zorder=0)
    thickness_um = 1e6 * (profiles.position_m[0] + profiles.position_m[-1])
    for name, left, right in (
        ("negative", 0.0, start_um),
        ("separator", start_um, end_um),
        ("positive", end_um, thickness_um),
    ):
        salt.annotate(
            name,
            (0.5 * (left + right), 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            color=LIGHT["soft"],
            fontsize=9,
        )
    salt.set_title("Salt in the electrolyte", pad=18)
    salt.set_ylabel("Concentration / mol/m³")
    salt.set_ylim(bottom=0.0)
    lithium.set(title="Lithium at the particles' surface", ylabel="Stoichiometry", ylim=(0.0, 1.0))
    lithium.set_xlabel("Distance from the negative's collector / µm")
    salt.legend(title="after", **_LEGEND)
    return figure


def _energies(campaign: Campaign, cells: Sequence[Shown], others: Sequence[Observation]) -> Figure:
    figure = blank_figure(6.4, 5.6)
    place = figure.subplots()
    if others:
        place.plot(
            [one.value(_MASS) or 0.0 for one in others],
            [one.value(_VOLUME) or 0.0 for one in others],
            ".",
            color=LIGHT["waiting"],
            label="other results",
        )
    densities = [y / x for x, y in PUBLISHED.values()] if campaign.cell.format == "4680" else []
    for cell in cells:
        points = [_point(cell.observation, n, p) for n, p in enumerate(campaign.powers_W)]
        shown = [point for point in points if point is not None]
        densities += [y / x for x, y, _ in shown]
        place.plot(
            [x for x, _, _ in shown],
            [y for _, y, _ in shown],
            "o-",
            color=_colour(cell),
            label=cell.name,
        )
        for x, y, power_W in shown:
            place.annotate(
                f"{power_W:g} W", (x, y), xytext=(6, -10), textcoords="offset points", fontsize=8
            )
    if campaign.cell.format == "4680":
        for name, (x, y) in PUBLISHED.items():
            place.plot([x], [y], "D", color=LIGHT["soft"], label=name)
    place.set_title(f"Whole {campaign.cell.format} cells", pad=18)
    place.set(xlabel="Specific energy / Wh/kg", ylabel="Energy density / Wh/L")
    place.margins(0.15)
    _draw_densities(place, min(densities), max(densities))
    figure.legend(loc="outside lower center", ncols=2, **_LEGEND)
    return figure


def _draw_densities(place: Axes, lowest: float, highest: float) -> None:
    """Draw lines of equal density: along one, a cell gains per kg and per litre alike."""
    (left, right), (low, high) = place.get_xlim(), place.get_ylim()
    for tenths in range(math.floor(10 * lowest), math.ceil(10 * highest) + 1):
        density = 0.1 * tenths
        x0, x1 = max(left, low / density), min(right, high / density)
        if x1 <= x0:
            continue
        place.plot([x0, x1], [density * x0, density * x1], color=LIGHT["soft"], **_DENSITY)
        place.annotate(
            f"{density:.1f} kg/L",
            (x1, density * x1),
            xytext=(2, 2),
            textcoords="offset points",
            fontsize=8,
            color=LIGHT["soft"],
            annotation_clip=False,
        )
    place.set(xlim=(left, right), ylim=(low, high))


def _point(
    observation: Observation, position: int, power_W: float
) -> tuple[float, float, float] | None:
    keys = [n if position == 0 else metric_at(n, power_W) for n in (_MASS, _VOLUME)]
    x, y = (observation.value(key) for key in keys)
    return None if x is None or y is None else (x, y, power_W)


def _um(values_m: Sequence[float]) -> list[float]:
    return [1e6 * value for value in values_m]


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5))
    return red, green, blue


def _electrode_edges_um(profiles: DepthProfiles) -> tuple[float, float]:
    """Return where the separator begins and ends: between the points on both sides of each edge."""
    points, n = profiles.position_m, len(profiles.negative_position_m)
    m = len(points) - len(profiles.positive_position_m)
    return 5e5 * (points[n - 1] + points[n]), 5e5 * (points[m - 1] + points[m])
