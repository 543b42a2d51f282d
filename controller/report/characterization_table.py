"""A characterized image in words and numbers: terminal tables, and the JSON document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from controller.quantity import (
    NO_VALUE,
    duration,
    percent,
    three,
    with_interval,
    with_unit,
)
from controller.report.volumes_table import bias_word, property_word
from experiments.morphology import Morphology
from experiments.properties import AxisTransport, EffectiveProperties

if TYPE_CHECKING:
    from simulators.properties.characterize import Characterization
    from simulators.properties.size_study import SizeStudy

_UM: float = 1e6

_TOLD_BIAS: float = 0.2
"""Relative bias from which its size alone is told (assumed): the estimate was measured where it is
up to 0.05 (docs/benchmarks.md)."""


def characterization_document(
    found: Characterization,
    options: Mapping[str, Any],
    fallbacks: tuple[str, ...],
    studies: Mapping[str, SizeStudy] | None = None,
) -> dict[str, Any]:
    """Return the JSON document of the command-line contract (DESIGN.md), and more."""
    properties = found.properties
    document = properties.model_dump(
        mode="json", exclude={"n_volumes", "interface_area_samples", "pore_transport"}
    )
    document["pore_transport"] = _axes(properties.pore_transport, "relative_diffusivity")
    document["solid_transport"] = _axes(properties.solid_transport, "relative_conductivity")
    document["settings"] = {**options, **properties.settings}
    document["morphology"] = None if found.morphology is None else found.morphology.model_dump()
    document["volumes"] = (
        None if studies is None else {name: asdict(study) for name, study in studies.items()}
    )
    document["notes"] = _notes(properties)
    document["fallbacks"] = list(fallbacks)
    return document


def print_characterization(
    console: Console,
    found: Characterization,
    fallbacks: tuple[str, ...],
    studies: Mapping[str, SizeStudy] | None = None,
) -> None:
    """Print the tables people read."""
    properties = found.properties
    size_um = " x ".join(three(size * _UM) for size in properties.voxel_size_m)
    shape = " x ".join(str(n) for n in properties.shape)
    console.print(f"{shape} voxels of {size_um} µm\n", highlight=False)
    console.print(_transport_table(properties), "")
    console.print(_phase_table(properties, found.morphology), "")
    console.print(_area_table(properties), "")
    if found.morphology is not None:
        console.print(_shape_table(found.morphology), "")
        console.print(_size_table(properties, found.morphology), "")
    if studies is not None:
        console.print(_study_table(studies), "")
    for note in (*_notes(properties), *fallbacks):
        console.print(f"note: {note}", highlight=False)
    console.print(f"measured in {duration(properties.elapsed_s)}", highlight=False)


def _axes(transport: Mapping[str, AxisTransport], name: str) -> dict[str, dict[str, Any]]:
    return {
        axis: {
            name: found.relative,
            "lower": found.lower,
            "upper": found.upper,
            "tortuosity_factor": found.tortuosity_factor,
            "discretisation_bias": found.discretisation_bias,
            "profile": found.profile,
            "tortuosity_profile": found.tortuosity_profile,
        }
        for axis, found in transport.items()
    }


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0)
    return table


def _transport_table(properties: EffectiveProperties) -> Table:
    table = _table("transport", "axis", "relative (certified)", "tortuosity factor")
    for what, transport in (
        ("ions, D/D0", properties.pore_transport),
        ("electrons, σ", properties.solid_transport),
    ):
        for axis, found in transport.items():
            tau = found.tortuosity_factor
            table.add_row(
                what,
                f"{axis} through" if axis == "0" else axis,
                with_interval(found.relative, found.lower, found.upper, ""),
                "∞, no path" if tau is None else three(tau),
            )
    return table


def _notes(properties: EffectiveProperties) -> list[str]:
    """Say what the through-thickness numbers mean: no path, or what the voxel size does to them."""
    notes = []
    for carrier, network, transport in (
        ("ions", "pore", properties.pore_transport),
        ("electrons", "solid", properties.solid_transport),
    ):
        through = transport.get("0")
        if through is None:
            continue
        bias = through.discretisation_bias
        if not _conducts(properties, carrier):
            notes.append(f"no phase of the image was given a conductivity for {carrier}")
        elif through.relative == 0:
            porosity = properties.volume_fraction.get("pore", 0.0)
            notes.append(
                f"the {network} network does not reach from separator to collector at "
                f"{percent(porosity)} porosity: no path for {carrier}"
            )
        elif bias is not None:
            notes.append(_bias_note(carrier, through.relative, bias))
        notes += [
            f"{carrier} along axis {axis}: the solver stopped short of the tolerance asked; the "
            "interval says how well the value is known"
            for axis, found in transport.items()
            if found.upper - found.lower > _asked(properties) * found.upper
        ]
    return notes


def _bias_note(carrier: str, relative: float, bias: float) -> str:
    """Say where the value would go with finer voxels, or that its size alone can be told."""
    if abs(bias) > _TOLD_BIAS * relative:
        return (
            f"{carrier} along axis 0: films or necks are as thin as these voxels, so that leaving "
            f"out every other voxel changes the value by {percent(abs(bias) / relative)}; the "
            "error of the voxel size is of that order, and the interval leaves it out"
        )
    return (
        f"{carrier} along axis 0: voxels of this size make {three(relative)} of what would be "
        f"{three(relative - bias)} with ever finer ones (estimated); the interval leaves that out"
    )


def _conducts(properties: EffectiveProperties, carrier: str) -> bool:
    """Return whether any phase present was given a conductivity above 0."""
    if carrier == "ions":
        binder = properties.settings["binder_ion_diffusivity"]
        given = {"pore": 1.0, "binder": binder}
    else:
        given = {
            phase: properties.settings.get(f"solid_conductivity.{phase}")
            for phase in properties.volume_fraction
        }
    return any(given.get(phase) for phase in properties.volume_fraction)


def _asked(properties: EffectiveProperties) -> float:
    return float(properties.settings["tolerance"] or 0.0)


def _phase_table(properties: EffectiveProperties, morphology: Morphology | None) -> Table:
    table = _table("phase", "volume (95%)", "connected to both ends of axis")
    for phase, share in properties.volume_fraction.items():
        shape = None if morphology is None else morphology.phases.get(phase)
        known = ""
        if shape is not None and shape.volume_fraction_sd is not None:
            half = 1.96 * shape.volume_fraction_sd
            low, high = (f"{100 * v:.2f}" for v in (max(share - half, 0), min(share + half, 1)))
            least = "" if shape.is_fraction_resolved else ", or wider"
            known = f" ({low} to {high}{least})"
        along = properties.percolating_fraction[phase]
        table.add_row(
            _word(phase),
            f"{100 * share:.2f}%{known}",
            ", ".join(f"{axis}: {percent(part)}" for axis, part in along.items()),
        )
    return table


def _area_table(properties: EffectiveProperties) -> Table:
    table = _table("interface", "area per volume")
    for pair, area_per_m in properties.interface_area_per_m.items():
        table.add_row(_word(pair), with_unit(area_per_m / _UM, "µm²/µm³"))
    return table


def _shape_table(morphology: Morphology) -> Table:
    table = _table(
        "phase", "mean chord, axes 0 1 2", "correlation length", "curvature", "Euler number"
    )
    for name, phase in morphology.phases.items():
        table.add_row(
            _word(name),
            " ".join(_um(chord) for chord in phase.mean_chord_m.values()) + " µm",
            " ".join(_um(length) for length in phase.correlation_length_m.values()) + " µm",
            f"{three(phase.mean_curvature_per_m2 / _UM**2)} /µm²",
            f"{three(phase.euler_number_per_m3 / _UM**3)} /µm³",
        )
    return table


def _size_table(properties: EffectiveProperties, morphology: Morphology) -> Table:
    table = _table("sizes", "")
    table.add_row("mean pore radius", f"{_um(properties.mean_pore_radius_m)} µm")
    table.add_row("median pore radius", f"{_um(morphology.median_pore_radius_m)} µm")
    table.add_row("particle radius", f"{_um(properties.particle_radius_m)} µm by volume")
    table.add_row(
        "particles",
        f"{morphology.n_particles}, {three(morphology.mean_contacts)} contacts each, necks "
        f"{percent(morphology.mean_neck_ratio)} of the section",
    )
    table.add_row("triple line", f"{three(morphology.triple_line_per_m2 / _UM**2)} µm/µm³")
    return table


def _study_table(studies: Mapping[str, SizeStudy]) -> Table:
    table = _table("from parts of the image", "known here to", "for the target", "size bias (95%)")
    for name, study in studies.items():
        known = study.image_half_width_95
        best = study.plans[0]
        bias = bias_word(best.relative_bias, study.law.bias_sd_voxels / best.edge)
        table.add_row(
            property_word(name),
            NO_VALUE if known is None else f"±{100 * known:.2g}%",
            f"{best.n_volumes} cubes of {best.edge}³",
            bias,
        )
    return table


def _um(length_m: float | None) -> str:
    return NO_VALUE if length_m is None else three(length_m * _UM)


def _word(name: str) -> str:
    return name.replace("_", " ")
