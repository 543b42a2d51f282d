"""The figures of ``evaluate --figures``: voltage, losses, profiles, energy per kg and litre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure

from controller.quantity import three
from controller.report.still_style import blank_figure, styled, write_png
from controller.report.tokens import LIGHT
from experiments.campaign import Campaign, metric_at
from experiments.observation import Observation
from experiments.performance import DepthProfiles, DischargeCurve

PUBLISHED: Final = {"first-generation 4680 (Ank et al. 2023)": (232.5, 622.4)}
"""Wh/kg and Wh/L at the cell, its rate not stated. Ank et al. 2023, J. Electrochem. Soc. 170,
120536; quoted."""
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


def _colour(position: int) -> str:
    return LIGHT["best" if position == 0 else "baseline"]


def _voltage(cells: Sequence[Shown]) -> Figure:
    figure = blank_figure(11, 4.4)
    left, right = figure.subplots(1, 2)
    for position, cell in enumerate(cells):
        if cell.curve is not None:
            left.plot(
                cell.curve.capacity_Ah,
                cell.curve.voltage_V,
                color=_colour(position),
                label=cell.name,
            )
    first = cells[0].curve
    assert first is not None
    left.set(title=f"Discharge at {three(first.power_W)} W")
    left.set(xlabel="Capacity / Ah", ylabel="Cell voltage / V")
    left.legend(frameon=False)
    names = [name for name, losses in first.losses_V.items() if max(losses) > 1e-3]
    right.stackplot(
        first.capacity_Ah,
        [[1e3 * max(loss, 0.0) for loss in first.losses_V[name]] for name in names],
        labels=names,
        alpha=0.85,
    )
    right.set(title=f"Where the voltage of {cells[0].name} is lost")
    right.set(xlabel="Capacity / Ah", ylabel="Loss / mV")
    if names:
        right.legend(frameon=False, fontsize=8, loc="upper left")
    return figure


def _profiles(profiles: DepthProfiles) -> Figure:
    figure = blank_figure(11, 4.4)
    left, right = figure.subplots(1, 2)
    edges_um = _electrode_edges_um(profiles)
    for position, time_s in enumerate(profiles.time_s):
        shade = 0.25 + 0.75 * position / max(len(profiles.time_s) - 1, 1)
        colour: Any = (*_rgb(LIGHT["best"]), shade)
        label = f"{time_s / 60.0:.1f} min"
        left.plot(
            _um(profiles.position_m),
            profiles.electrolyte_mol_per_m3[position],
            color=colour,
            label=label,
        )
        for x_m, values in (
            (profiles.negative_position_m, profiles.negative_stoichiometry[position]),
            (profiles.positive_position_m, profiles.positive_stoichiometry[position]),
        ):
            right.plot(_um(x_m), values, color=colour)
    for place in (left, right):
        place.set_xlabel("Distance from the negative's collector / µm")
        for edge in edges_um:
            place.axvline(edge, color=LIGHT["rule"], linewidth=1)
    left.set(title="Salt in the electrolyte", ylabel="Concentration / mol/m³")
    left.set_ylim(bottom=0.0)
    right.set(title="Lithium at the particles' surface", ylabel="Stoichiometry", ylim=(0.0, 1.0))
    left.legend(frameon=False, fontsize=8)
    return figure


def _energies(campaign: Campaign, cells: Sequence[Shown], others: Sequence[Observation]) -> Figure:
    figure = blank_figure(6.4, 5.2)
    place = figure.subplots()
    if others:
        place.plot(
            [one.value(_MASS) or 0.0 for one in others],
            [one.value(_VOLUME) or 0.0 for one in others],
            ".",
            color=LIGHT["rule"],
            label="other results",
        )
    for position, cell in enumerate(cells):
        points = [_point(cell.observation, n, p) for n, p in enumerate(campaign.powers_W)]
        shown = [point for point in points if point is not None]
        place.plot(
            [x for x, _, _ in shown],
            [y for _, y, _ in shown],
            "o-",
            color=_colour(position),
            label=cell.name,
        )
        for x, y, power_W in shown:
            place.annotate(
                f"{power_W:g} W", (x, y), xytext=(6, -10), textcoords="offset points", fontsize=8
            )
    if campaign.cell.format == "4680":
        for name, (x, y) in PUBLISHED.items():
            place.plot([x], [y], "D", color=LIGHT["soft"], label=name)
    place.set(title=f"Whole {campaign.cell.format} cells")
    place.set(xlabel="Specific energy / Wh/kg", ylabel="Energy density / Wh/L")
    place.margins(0.15)
    place.legend(frameon=False, fontsize=8)
    return figure


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
