"""``cellwright characterize``: every effective property of a segmented image."""

from __future__ import annotations

import json
import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console

from controller.report.characterization_table import (
    characterization_document,
    print_characterization,
)
from experiments.errors import Invalid
from experiments.microstructure import PHASE_LABEL
from experiments.properties import EffectiveProperties

if TYPE_CHECKING:
    from simulators.microstructure.voxels import Voxels
    from simulators.properties.characterize import Characterization
    from simulators.properties.size_study import SizeStudy

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
@click.option(
    "--volumes",
    "target",
    type=float,
    metavar="TARGET",
    help="Also say how many volumes of what size know every value to ±TARGET (0.01 is 1%), from "
    "the scatter between parts of the image.",
)
@click.option(
    "--figures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write slices, flux, distributions and a 3D view into this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    image: str,
    voxel_size_um: str | None,
    labels: str | None,
    solid_conductivity: str | None,
    binder_ion_diffusivity: float,
    tolerance: float,
    sides: Any,
    target: float | None,
    figures: Path | None,
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
    if target is not None:
        _check_number("--volumes", target, 1e-4, 0.5)

    from simulators.microstructure.image_file import read_labels
    from simulators.properties import characterize_fully

    with Announcement() as announce:
        announce(f"reading {image}")
        voxels = read_labels(image, named, size_m)
        conductivity = asked or _default_conductivity("binder" in voxels.volume_fraction)
        found = characterize_fully(
            voxels,
            binder_ion_diffusivity=binder_ion_diffusivity,
            solid_conductivity=conductivity,
            tolerance=tolerance,
            sides=sides,
            progress=announce,
        )
        plans = None if target is None else _plans(voxels, found.properties, target, announce)
        written = [] if figures is None else _draw(figures, voxels, found, announce)
    if as_json:
        options = {"image": image, "labels": labels, "voxel_size_um": voxel_size_um}
        document = characterization_document(found, options, voxels.fallbacks, plans)
        document["figures"] = [str(path) for path in written]
        click.echo(json.dumps(document, indent=2, allow_nan=False))
        return 0
    print_characterization(Console(), found, voxels.fallbacks, plans)
    for path in written:
        click.echo(f"wrote {path}", err=True)
    return 0


def _plans(
    voxels: Voxels, properties: EffectiveProperties, target: float, announce: Announcement
) -> dict[str, SizeStudy]:
    """Measure how values scatter between parts of the image, and what the target takes."""
    from simulators.properties.size_study import study_sizes

    announce("transport and areas of parts of the image")
    return study_sizes(
        voxels,
        binder_ion_diffusivity=float(properties.settings["binder_ion_diffusivity"] or 0.0),
        target=target,
    )


def _draw(
    folder: Path, voxels: Voxels, found: Characterization, announce: Announcement
) -> list[Path]:
    from controller.report.characterization_figures import write_figures
    from simulators.properties.flux_field import flux_on_slice

    announce("figures")
    flux = None
    if found.properties.pore_transport["0"].relative > 0:
        diffusivity = {"pore": 1.0, "binder": found.properties.settings["binder_ion_diffusivity"]}
        conducting = {
            PHASE_LABEL[phase]: float(diffusivity[phase] or 0.0)
            for phase in voxels.volume_fraction
            if diffusivity.get(phase)
        }
        flux = flux_on_slice(voxels.labels, conducting, voxel_size_m=voxels.voxel_size_m)
    assert found.morphology is not None  # full detail was asked for
    return write_figures(folder, voxels, found.morphology, flux)


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
