"""``cellwright characterize``: every effective property of a segmented image."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console

from controller.announcement import Announcement
from controller.commands.recipe_volumes import DEFAULT_TARGET, characterize_recipe
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
    "--areas",
    "area_estimator",
    type=click.Choice(["smooth_normals", "face_count"]),
    default="smooth_normals",
    show_default=True,
    help="How interface areas are measured: as of smooth surfaces, or by counting voxel faces.",
)
@click.option(
    "--volumes",
    "target",
    type=float,
    metavar="TARGET",
    help="Say how many volumes of what size know τ and areas to ±TARGET (0.01 is 1%), from the "
    "scatter between parts of the image or between volumes of the recipe, and what it costs.",
)
@click.option(
    "--run",
    "is_run",
    is_flag=True,
    help="With a recipe: then run volumes until the 95% intervals are within the target.",
)
@click.option(
    "--max-volumes",
    type=click.IntRange(min=4),
    default=64,
    show_default=True,
    help="With --run: stop after so many, whatever is known then.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="With a recipe: other random volumes.",
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
    area_estimator: Any,
    target: float | None,
    is_run: bool,
    max_volumes: int,
    seed: int,
    figures: Path | None,
    as_json: bool,
) -> int:
    """Measure transport along three axes, interface areas, percolation and sizes of IMAGE.

    IMAGE is a TIFF stack, a folder of pages, NPY, HDF5 (FILE.h5:/DATASET) or zarr. With --volumes
    it may also be a recipe (.yaml, as for generate), whose volumes are generated.
    """
    named = _labels(labels)
    size_m = _voxel_size_m(voxel_size_um)
    asked = None if solid_conductivity is None else _pairs(solid_conductivity, _SOLID)
    _check_number("--binder-ion-diffusivity", binder_ion_diffusivity, 0.0, 1.0)
    _check_number("--tolerance", tolerance, 1e-5, 0.5)
    if target is not None:
        _check_number("--volumes", target, 1e-4, 0.5)
    if image.lower().endswith((".yaml", ".yml")):
        _refuse_for_recipe(image, target, labels, solid_conductivity, figures)
        return characterize_recipe(
            Path(image),
            voxel_size_um=_one_voxel_size_um(voxel_size_um),
            target=target or DEFAULT_TARGET,
            is_run=is_run,
            max_volumes=max_volumes,
            seed=seed,
            binder_ion_diffusivity=binder_ion_diffusivity,
            as_json=as_json,
        )
    if is_run:
        raise Invalid(f"--run: {image} is one image and gives no further volumes; give a recipe")

    if figures is not None:
        _make_folder(figures)

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
            area_estimator=area_estimator,
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

    return study_sizes(
        voxels,
        binder_ion_diffusivity=float(properties.settings["binder_ion_diffusivity"] or 0.0),
        target=target,
        progress=announce,
    )


def _refuse_for_recipe(
    recipe: str,
    target: float | None,
    labels: str | None,
    solid_conductivity: str | None,
    figures: Path | None,
) -> None:
    if target is None:
        raise Invalid(
            f"{recipe}: a recipe is no image; say how well its values must be known (--volumes "
            "0.01), or make one volume of it (cellwright generate) and characterize that"
        )
    for option, given in (
        ("--labels", labels),
        ("--solid-conductivity", solid_conductivity),
        ("--figures", figures),
    ):
        if given is not None:
            raise Invalid(f"{option}: is for images; {recipe} is a recipe")


def _one_voxel_size_um(text: str | None) -> float:
    sizes_m = _voxel_size_m(text)
    if sizes_m is None or len(set(sizes_m)) != 1:
        raise Invalid("--voxel-size-um: give one size; a recipe has none of its own")
    return sizes_m[0] * 1e6


def _make_folder(folder: Path) -> None:
    """Make the folder before the work begins, which takes minutes for a large image."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid(f"--figures {folder}: cannot be made: {error.strerror}") from error


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
    try:
        return write_figures(folder, voxels, found.morphology, flux)
    except OSError as error:
        raise Invalid(f"--figures {folder}: cannot be written: {error.strerror}") from error


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
