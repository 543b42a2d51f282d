"""``cellwright characterize``: every effective property of a segmented image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from controller.announcement import Announcement
from controller.cli import HomeFolder
from controller.commands.characterize_figures import draw, make_folder
from controller.commands.characterize_options import (
    check_number,
    is_recipe,
    named_conductivities,
    named_labels,
    one_voxel_size_um,
    refuse_what_it_does_not_take,
    solid_conductivities,
    voxel_sizes_m,
)
from controller.commands.recipe_volumes import DEFAULT_TARGET, characterize_recipe
from controller.report.characterization_table import (
    characterization_document,
    print_characterization,
)
from experiments.properties import EffectiveProperties

if TYPE_CHECKING:
    from simulators.microstructure.voxels import Voxels
    from simulators.properties.size_study import SizeStudy


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
    type=HomeFolder(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write slices, flux, distributions and a 3D view into this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(
    ctx: click.Context,
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
    named = named_labels(labels)
    size_m = voxel_sizes_m(voxel_size_um)
    asked = named_conductivities(solid_conductivity)
    check_number("--binder-ion-diffusivity", binder_ion_diffusivity, 0.0, 1.0)
    check_number("--tolerance", tolerance, 1e-5, 0.5)
    if target is not None:
        check_number("--volumes", target, 1e-4, 0.5)
    refuse_what_it_does_not_take(ctx, image, target)
    if is_recipe(image):
        return characterize_recipe(
            Path(image),
            voxel_size_um=one_voxel_size_um(voxel_size_um),
            target=target or DEFAULT_TARGET,
            is_run=is_run,
            max_volumes=max_volumes,
            seed=seed,
            binder_ion_diffusivity=binder_ion_diffusivity,
            as_json=as_json,
        )
    if figures is not None:
        make_folder(figures)

    from simulators.microstructure.image_file import read_labels
    from simulators.properties import characterize_fully

    with Announcement() as announce:
        announce(f"reading {image}")
        voxels = read_labels(image, named, size_m)
        conductivity = solid_conductivities(asked, voxels.volume_fraction, image)
        if target is not None:
            _check_can_be_cut_up(voxels)
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
        written = [] if figures is None else draw(figures, voxels, found, announce)
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


def _check_can_be_cut_up(voxels: Voxels) -> None:
    """Refuse an image that is too small before the work, which takes minutes for a large one."""
    from simulators.properties.size_study import part_edges

    part_edges(voxels)


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
