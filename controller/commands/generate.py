"""``cellwright generate``: a microstructure from a recipe, as a TIFF that knows its origin."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from controller.quantity import three
from controller.recipe_file import located, read_volume_request
from experiments.errors import DesignFailed, Invalid
from experiments.frozen import content_hash
from experiments.observation import FailureKind

if TYPE_CHECKING:
    from experiments.generation import VolumeRequest
    from simulators.microstructure.generator import Generator
    from simulators.microstructure.voxels import Voxels


@click.command()
@click.argument("recipe", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT.tif",
    type=click.Path(path_type=Path),
    help="Where the TIFF stack goes.",
)
@click.option("--size", default="128", show_default=True, metavar="N or Z,Y,X", help="Voxels.")
@click.option("--voxel-size-um", type=float, default=0.4, show_default=True, help="Voxel edge.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--model",
    metavar="NAME|FILE",
    help="Draw from a learned model, shipped or from a file, instead of packing particles.",
)
@click.option(
    "--allow-out-of-range",
    is_flag=True,
    help="Draw outside what the model was trained on too; the result says so.",
)
@click.option("--preview", is_flag=True, help="Draw a 3D view and three slices beside OUT.tif.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    recipe: Path,
    output: Path,
    size: str,
    voxel_size_um: float,
    seed: int,
    model: str | None,
    allow_out_of_range: bool,
    preview: bool,
    as_json: bool,
) -> int:
    """Generate one volume of the coating that RECIPE describes.

    RECIPE is a YAML file with the recipe's names and units as in a campaign (active_wt_pct,
    porosity, thickness_um, particle_d50_um, …), and options of the generator under ``options``.
    """
    if output.suffix.lower() not in (".tif", ".tiff"):
        raise Invalid(f"-o {output}: must end in .tif or .tiff")
    if not output.absolute().parent.is_dir():
        raise Invalid(f"-o {output}: there is no folder {output.parent}")
    request = read_volume_request(recipe, size, voxel_size_um, seed)
    if allow_out_of_range:
        if model is None:
            raise Invalid("--allow-out-of-range: is for --model")
        options = {**request.options, "allow_out_of_range": True}
        request = request.model_copy(update={"options": options})

    from simulators.microstructure.composition import compose
    from simulators.microstructure.image_file import write_labels

    generator = _generator(model, len(os.sched_getaffinity(0)))
    began = time.perf_counter()
    voxels = _generated(generator, request, recipe)
    elapsed_s = time.perf_counter() - began
    document = {
        "generator": generator.name,
        "generator_version": generator.version,
        "request": request.model_dump(mode="json"),
        "request_sha256": content_hash(request),
        "volume_fraction": voxels.volume_fraction,
        "composition": vars(compose(request.recipe)),
        "statistics": voxels.statistics,
        "fallbacks": list(voxels.fallbacks),
    }
    try:
        write_labels(output, voxels, provenance=document)
        notes = [_write_preview(output, voxels)] if preview else []
    except OSError as error:
        raise Invalid(f"-o {output}: cannot be written: {error.strerror}") from error
    if as_json:
        click.echo(json.dumps({**document, "elapsed_s": elapsed_s, "file": str(output)}, indent=2))
    else:
        _tell(voxels, output, elapsed_s, notes)
    return 0


def _generator(model: str | None, n_threads: int) -> Generator:
    """Return the stochastic generator, or the learned one with its model."""
    if model is None:
        from simulators.microstructure.stochastic import StochasticGenerator

        return StochasticGenerator(n_threads=n_threads)
    from simulators.microstructure.generative import LearnedGenerator
    from simulators.microstructure.generative.device import prepare

    prepare("cpu", n_threads)
    return LearnedGenerator(model)


def _generated(generator: Generator, request: VolumeRequest, recipe: Path) -> Voxels:
    """Return the volume; a recipe that cannot add up is wrong input, not work that failed."""
    try:
        return generator.generate(request)
    except Invalid as error:
        raise located(recipe, error) from error
    except DesignFailed as error:
        if error.failure_kind in (FailureKind.infeasible_recipe, FailureKind.out_of_range):
            raise located(recipe, error) from error
        raise


def _write_preview(output: Path, voxels: Voxels) -> str:
    """Write the picture beside the TIFF; return what it shows, in words."""
    from controller.volume_preview import draw_preview

    preview = draw_preview(voxels)
    path = output.with_suffix(".png")
    path.write_bytes(preview.png)
    part = " of the middle" if preview.is_cropped else ""
    return f"preview: {path} (3D view and slices{part}; bar {preview.bar_um:g} µm)"


def _tell(voxels: Voxels, output: Path, elapsed_s: float, notes: list[str]) -> None:
    """Say on stderr what was made; the file's name goes to stdout."""
    fractions = " · ".join(
        f"{phase} {share:.4f}" for phase, share in voxels.volume_fraction.items()
    )
    click.echo(f"{fractions} in {three(elapsed_s)} s", err=True)
    if "n_particles" in voxels.statistics:
        radius_um = voxels.statistics["equivalent_radius_m"] * 1e6
        click.echo(
            f"{voxels.statistics['n_particles']:.0f} particles of {three(radius_um)} µm radius, "
            f"overlap factor {voxels.statistics['overlap_factor']:.2%}",
            err=True,
        )
    if "corrected_share" in voxels.statistics:
        share = voxels.statistics["corrected_share"]
        click.echo(f"fractions made exact by changing {share:.2%} of the voxels", err=True)
    for note in voxels.fallbacks:
        click.echo(f"note: {note}", err=True)
    for line in notes:
        click.echo(line, err=True)
    click.echo(str(output))
