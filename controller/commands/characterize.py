"""``cellwright characterize``: every effective property of a segmented image."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table

from controller.quantity import NO_VALUE, duration, percent, three, with_interval, with_unit
from experiments.errors import Invalid
from experiments.properties import AxisTransport, EffectiveProperties

_QUIET_S: Final = 2.0
"""Work shorter than this is not announced."""

_ACTIVE_PER_BINDER: Final = 0.3 / 375.0
"""Default conductivity of active material, binder domain = 1: docs/constants.md, both values."""


@click.command()
@click.argument("image")
@click.option(
    "--voxel-size-um",
    metavar="S",
    help="Voxel edge in µm, or three for z,y,x. Default: the file's.",
)
@click.option(
    "--labels",
    metavar="pore=0,active=1,binder=2",
    help="Which value of the file is which phase (also second_active). "
    "Default: 0 pore, 1 active, 2 binder, 3 second active.",
)
@click.option(
    "--solid-conductivity",
    metavar="active=A,binder=B",
    help="Relative conductivities of the solids; one not named does not conduct. "
    "Default: binder=1 and active=0.0008, or active=1 where there is no binder.",
)
@click.option(
    "--binder-ion-diffusivity",
    type=float,
    default=0.0,
    show_default=True,
    metavar="R",
    help="Diffusivity in the binder's nanopores relative to the bulk electrolyte; 0 blocks ions.",
)
@click.option(
    "--tolerance",
    type=float,
    default=1e-3,
    show_default=True,
    help="Widest certified interval of a transport value, relative.",
)
@click.option(
    "--sides",
    type=click.Choice(["no_flux", "periodic"]),
    default="no_flux",
    show_default=True,
    help="What happens at the sides of the image.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(  # noqa: PLR0917
    image: str,
    voxel_size_um: str | None,
    labels: str | None,
    solid_conductivity: str | None,
    binder_ion_diffusivity: float,
    tolerance: float,
    sides: Any,
    as_json: bool,
) -> int:
    """Measure transport along three axes, interface areas, percolation and sizes of IMAGE.

    IMAGE is a TIFF stack, a folder of pages, NPY, HDF5 (FILE.h5:/DATASET) or zarr.
    """
    named = _labels(labels)
    size_m = _voxel_size_m(voxel_size_um)
    asked = None if solid_conductivity is None else _pairs(solid_conductivity, _SOLID)
    _check_number("--binder-ion-diffusivity", binder_ion_diffusivity, 0.0, 1.0)
    _check_number("--tolerance", tolerance, 1e-5, 0.5)

    from simulators.microstructure.image_file import read_labels
    from simulators.properties import characterize

    with Announcement() as announce:
        announce(f"reading {image}")
        voxels = read_labels(image, named, size_m)
        conductivity = asked or _default_conductivity("binder" in voxels.volume_fraction)
        properties = characterize(
            voxels,
            binder_ion_diffusivity=binder_ion_diffusivity,
            solid_conductivity=conductivity,
            tolerance=tolerance,
            sides=sides,
            progress=announce,
        )
    if as_json:
        options = {"image": image, "labels": labels, "voxel_size_um": voxel_size_um}
        click.echo(json.dumps(_document(properties, options, voxels.fallbacks), indent=2))
    else:
        _print_tables(Console(), properties, voxels.fallbacks)
    return 0


class Announcement:
    """Say on stderr what is being done, once the work has taken two seconds."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._lock = threading.Lock()
        self._words = ""
        self._is_speaking = False
        self._timer = threading.Timer(_QUIET_S, self._begin)
        self._timer.daemon = True

    def __enter__(self) -> Announcement:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def __call__(self, words: str) -> None:
        """Take note of the next step, and say it if the work is long."""
        with self._lock:
            self._words = words
            if self._is_speaking:
                self._console.print(f"{words} …", highlight=False)

    def _begin(self) -> None:
        with self._lock:
            self._is_speaking = True
            self._console.print(f"{self._words} …", highlight=False)


_SOLID: Final = "--solid-conductivity"


def _labels(text: str | None) -> dict[str, int] | None:
    if text is None:
        return None
    values = _pairs(text, "--labels")
    for phase, value in values.items():
        if value != int(value):
            raise Invalid(f"--labels: {phase}={value:g}; a label is a whole number")
    return {phase: int(value) for phase, value in values.items()}


def _pairs(text: str, option: str) -> dict[str, float]:
    """Return ``name=number`` pairs. Raises ``Invalid`` with the part that is not one."""
    pairs: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not (name and equals and math.isfinite(value)):
            raise Invalid(f"{option}: {part.strip()!r} is not name=number, e.g. active=1,binder=2")
        if name in pairs:
            raise Invalid(f"{option}: {name} is given twice")
        pairs[name] = value
    return pairs


def _voxel_size_m(text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        sizes = [float(part) * 1e-6 for part in text.split(",")]
    except ValueError as error:
        raise Invalid(f"--voxel-size-um: {text!r} is no number of µm") from error
    return sizes * 3 if len(sizes) == 1 else sizes


def _check_number(option: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise Invalid(f"{option}: {value:g}; it must lie between {low:g} and {high:g}")


def _default_conductivity(has_binder: bool) -> dict[str, float]:
    if has_binder:
        return {"active": _ACTIVE_PER_BINDER, "binder": 1.0, "second_active": _ACTIVE_PER_BINDER}
    return {"active": 1.0, "second_active": 1.0}


def _document(
    properties: EffectiveProperties, options: Mapping[str, Any], fallbacks: tuple[str, ...]
) -> dict[str, Any]:
    """Return the JSON document of the command-line contract (DESIGN.md)."""
    document = properties.model_dump(
        mode="json", exclude={"n_volumes", "interface_area_samples", "pore_transport"}
    )
    document["pore_transport"] = _axes(properties.pore_transport, "relative_diffusivity")
    document["solid_transport"] = _axes(properties.solid_transport, "relative_conductivity")
    document["settings"] = {**options, **properties.settings}
    document["fallbacks"] = list(fallbacks)
    return document


def _axes(transport: Mapping[str, AxisTransport], name: str) -> dict[str, dict[str, float | None]]:
    return {
        axis: {
            name: found.relative,
            "lower": found.lower,
            "upper": found.upper,
            "tortuosity_factor": found.tortuosity_factor,
            "discretisation_bias": found.discretisation_bias,
        }
        for axis, found in transport.items()
    }


def _print_tables(
    console: Console, properties: EffectiveProperties, fallbacks: tuple[str, ...]
) -> None:
    size_um = " x ".join(three(size * 1e6) for size in properties.voxel_size_m)
    shape = " x ".join(str(n) for n in properties.shape)
    console.print(f"{shape} voxels of {size_um} µm", highlight=False)
    console.print(_transport_table(properties))
    console.print(_phase_table(properties))
    console.print(_area_table(properties))
    for note in fallbacks:
        console.print(f"note: {note}", highlight=False)
    console.print(f"measured in {duration(properties.elapsed_s)}", highlight=False)


def _transport_table(properties: EffectiveProperties) -> Table:
    table = Table("transport", "axis", "relative (certified)", "tortuosity factor", box=None)
    for what, transport in (
        ("ions, Deff/D0", properties.pore_transport),
        ("electrons, σeff", properties.solid_transport),
    ):
        for axis, found in transport.items():
            tau = found.tortuosity_factor
            table.add_row(
                what,
                f"{axis} (through)" if axis == "0" else axis,
                with_interval(found.relative, found.lower, found.upper, ""),
                "∞, no path" if tau is None else three(tau),
            )
    return table


def _phase_table(properties: EffectiveProperties) -> Table:
    table = Table("phase", "volume", "reaches both ends of axis", "mean radius", box=None)
    radius_m = {"pore": properties.mean_pore_radius_m, "active": properties.particle_radius_m}
    for phase, share in properties.volume_fraction.items():
        along = properties.percolating_fraction[phase]
        radius = radius_m.get(phase)
        table.add_row(
            phase.replace("_", " "),
            f"{100 * share:.2f}%",
            ", ".join(f"{axis}: {percent(part)}" for axis, part in along.items()),
            NO_VALUE if radius is None else with_unit(radius * 1e6, "µm"),
        )
    return table


def _area_table(properties: EffectiveProperties) -> Table:
    table = Table("interface", "area per volume", box=None)
    for pair, area_per_m in properties.interface_area_per_m.items():
        table.add_row(pair, with_unit(area_per_m * 1e-6, "µm²/µm³"))
    return table
