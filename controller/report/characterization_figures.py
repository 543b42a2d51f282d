"""The figures of ``characterize --figures``: slices, flux, distributions, and a 3D view to turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from controller.report.figure import FONT
from controller.report.solid_view import write_solid_view
from controller.report.still_style import blank_figure, styled, write_png
from controller.report.tokens import LIGHT, PHASES
from experiments.microstructure import PHASE_LABEL
from experiments.morphology import Distribution, Morphology
from simulators.microstructure.voxels import Voxels

_SLICES: Final = (
    ("through the electrode", 1, "x", "z"),
    ("through the electrode, turned 90°", 2, "y", "z"),
    ("along the electrode", 0, "x", "y"),
)
_SHOWN_SHARE: Final = 0.995
"""Of the chords; the few longest would press all others against the axis."""
_DASHES: Final = {"0": "-", "1": "--", "2": ":"}


def write_figures(
    folder: Path, voxels: Voxels, morphology: Morphology, flux: NDArray[np.float32] | None
) -> list[Path]:
    """Write all figures into a folder and return their paths.

    ``flux`` is the pores' flux over the flux in free electrolyte, on the middle slice through the
    electrode (`z x x`), None where nothing flows: a flux drawn there for another image goes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with styled():
        figures = {
            "slices.png": _slices(voxels),
            "sizes.png": _sizes(morphology),
            "chords.png": _chords(morphology),
            "two_point.png": _two_point(morphology),
        }
        if flux is not None:
            figures["flux.png"] = _flux(voxels, flux)
        else:
            (folder / "flux.png").unlink(missing_ok=True)
        for name, figure in figures.items():
            write_png(figure, folder / name)
    write_solid_view(folder / "view_3d.html", voxels, font=FONT)
    return [folder / name for name in (*figures, "view_3d.html")]


def _extent_um(voxels: Voxels, across: int) -> tuple[float, float, float, float]:
    """Return left, right, bottom, top in µm of a slice, first axis downwards."""
    down, right = (axis for axis in range(3) if axis != across)
    height = voxels.labels.shape[down] * voxels.voxel_size_m[down] * 1e6
    width = voxels.labels.shape[right] * voxels.voxel_size_m[right] * 1e6
    return 0.0, width, height, 0.0


def _slices(voxels: Voxels) -> Figure:
    figure = blank_figure(12, 4.6)
    names = sorted(PHASE_LABEL, key=lambda phase: PHASE_LABEL[phase])
    colours = ListedColormap([PHASES[name] for name in names])
    for place, (title, across, x, y) in zip(figure.subplots(1, 3), _SLICES, strict=True):
        picture = np.take(voxels.labels, voxels.labels.shape[across] // 2, axis=across)
        place.imshow(
            picture,
            cmap=colours,
            vmin=-0.5,
            vmax=len(names) - 0.5,
            interpolation="nearest",
            extent=_extent_um(voxels, across),
        )
        place.set(title=title, xlabel=f"{x} / µm", ylabel=f"{y} / µm")
        place.set_anchor("N")
        place.grid(visible=False)
    present = [name for name in names if name in voxels.volume_fraction]
    figure.legend(
        handles=[
            Patch(facecolor=PHASES[name], label=f"{_word(name)} {share:.1%}")
            for name in present
            for share in (voxels.volume_fraction[name],)
        ],
        loc="outside lower center",
        ncols=len(present),
        frameon=False,
    )
    return figure


def _flux(voxels: Voxels, flux: NDArray[np.float32]) -> Figure:
    figure = blank_figure(6.4, 5.2)
    place = figure.subplots()
    flowing = flux[flux > 0]
    shown = place.imshow(
        np.ma.masked_less_equal(flux, 0.0),
        cmap="viridis",
        vmin=0.0,
        vmax=float(np.quantile(flowing, 0.99)) if flowing.size else 1.0,
        interpolation="nearest",
        extent=_extent_um(voxels, 1),
    )
    place.set_facecolor(LIGHT["grid"])
    place.set(
        title="Ion flux from separator (top) to collector\nmiddle slice; grey: no ions pass",
        xlabel="x / µm",
        ylabel="z / µm",
    )
    place.grid(visible=False)
    figure.colorbar(
        shown, label="flux over that in free electrolyte", extend="max", shrink=0.8, aspect=30
    )
    return figure


def _sizes(morphology: Morphology) -> Figure:
    figure = blank_figure(9, 3.6)
    pores, particles = figure.subplots(1, 2)
    _bars(pores, morphology.pore_radius, PHASES["pore"])
    pores.set(title="Pores, by largest ball", xlabel="radius / µm", ylabel="share of volume / %")
    _bars(particles, morphology.particle_radius, PHASES["active"])
    particles.set(
        title="Active particles, by equal volume",
        xlabel="radius / µm",
        ylabel="share of volume / %",
    )
    return figure


def _bars(place: Any, distribution: Distribution, colour: str) -> None:
    if not distribution.value_m:
        place.text(0.5, 0.5, "none", transform=place.transAxes, ha="center")
        return
    value_um = np.array(distribution.value_m) * 1e6
    width_um = 2 * value_um[0] if value_um.size == 1 else value_um[1] - value_um[0]
    place.bar(value_um, 100 * np.array(distribution.share), width=0.9 * width_um, color=colour)


def _chords(morphology: Morphology) -> Figure:
    """Draw densities, since classes differ in width between phases and axes."""
    figure = blank_figure(12, 3.8)
    places = figure.subplots(1, len(morphology.phases), squeeze=False)[0]
    for place, (name, phase) in zip(places, morphology.phases.items(), strict=True):
        longest_um = 0.0
        for axis, chord in phase.chord.items():
            if len(chord.value_m) < 2:
                continue  # one class has no width
            length_um = np.array(chord.value_m) * 1e6
            share = np.array(chord.share)
            last = min(int(np.searchsorted(np.cumsum(share), _SHOWN_SHARE)), share.size - 1)
            longest_um = max(longest_um, float(length_um[last]))
            place.plot(
                length_um,
                100 * share / (length_um[1] - length_um[0]),
                _DASHES[axis],
                color=PHASES[name],
                label=f"along axis {axis}",
            )
        place.set(title=f"Whole chords in {_word(name)}", xlabel="length / µm")
        place.set_xlim(0, longest_um or None)
        place.set_ylim(bottom=0)
        if longest_um:
            place.legend(frameon=False, fontsize=8)
    places[0].set_ylabel("share of number / % per µm")
    return figure


def _two_point(morphology: Morphology) -> Figure:
    figure = blank_figure(8, 3.8)
    place = figure.subplots()
    for name, phase in morphology.phases.items():
        for axis, probability in phase.two_point_probability.items():
            place.plot(
                np.array(phase.two_point_lag_m[axis]) * 1e6,
                probability,
                _DASHES[axis],
                color=PHASES[name],
                label=f"{_word(name)}, axis {axis}",
            )
        place.axhline(phase.volume_fraction**2, color=PHASES[name], linewidth=0.5)
    place.set(
        title="Two-point correlation, thin line: no correlation",
        xlabel="distance / µm",
        ylabel="both points in the phase",
    )
    place.set_xlim(left=0)
    place.set_ylim(bottom=0)
    place.legend(frameon=False, fontsize=8, ncols=len(morphology.phases))
    return figure


def _word(phase: str) -> str:
    return phase.replace("_", " ")
