"""``cellwright generate``: a microstructure from a recipe, as a TIFF that knows its origin."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from pydantic import ValidationError

from controller.quantity import three
from controller.yaml_lines import YamlDocument, parse_yaml
from experiments.architecture import Architecture
from experiments.errors import Invalid
from experiments.frozen import content_hash
from experiments.generation import VolumeRequest
from experiments.recipe import ElectrodeRecipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulators.microstructure.voxels import Voxels

_OPTIONS: Final = "options"
_MASSES: Final = ("active_wt_pct", "binder_wt_pct", "carbon_wt_pct")
_HEIGHT_PX: Final = 512
_GAP_PX: Final = 16
_LONGEST_DRAWN: Final = 128


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
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--preview", is_flag=True, help="Draw a 3D view and three slices beside OUT.tif.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    recipe: Path,
    output: Path,
    size: str,
    voxel_size_um: float,
    seed: int,
    preview: bool,
    as_json: bool,
) -> int:
    """Generate one volume of the coating that RECIPE describes.

    RECIPE is a YAML file with the recipe's names and units as in a campaign (active_wt_pct,
    porosity, thickness_um, particle_d50_um, …), and options of the generator under ``options``.
    """
    request = _request(recipe, size, voxel_size_um, seed)
    if output.suffix.lower() not in (".tif", ".tiff"):
        raise Invalid(f"-o {output}: must end in .tif or .tiff")

    from simulators.microstructure.composition import compose
    from simulators.microstructure.image_file import write_labels
    from simulators.microstructure.stochastic import StochasticGenerator

    generator = StochasticGenerator(n_threads=len(os.sched_getaffinity(0)))
    began = time.perf_counter()
    voxels = generator.generate(request)
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
        if preview:
            output.with_suffix(".png").write_bytes(_preview(voxels))
    except OSError as error:
        raise Invalid(f"-o {output}: cannot be written: {error.strerror}") from error
    if as_json:
        click.echo(json.dumps({**document, "elapsed_s": elapsed_s, "file": str(output)}, indent=2))
    else:
        _tell(voxels, output, elapsed_s, preview=preview)
    return 0


def _request(recipe: Path, size: str, voxel_size_um: float, seed: int) -> VolumeRequest:
    try:
        text = recipe.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{recipe}: cannot be read: {error}") from error
    document = parse_yaml(text, str(recipe))
    if not isinstance(document.value, dict):
        raise document.error((), "must be a mapping of recipe values")
    options = document.value.get(_OPTIONS) or {}
    if not isinstance(options, dict):
        raise document.error((_OPTIONS,), f"must be a mapping; found {options!r}")
    edges = size.split(",")
    if len(edges) not in (1, 3) or not all(edge.strip().isdigit() for edge in edges):
        raise Invalid(f"--size {size}: give one whole number, or three as Z,Y,X")
    if not 1e-3 <= voxel_size_um <= 10.0:
        raise Invalid(f"--voxel-size-um {voxel_size_um:g}: must lie between 0.001 and 10")
    shape = [int(edge) for edge in edges] * (3 // len(edges))
    try:
        return VolumeRequest(
            recipe=_recipe(document),
            shape=(shape[0], shape[1], shape[2]),
            voxel_size_m=voxel_size_um * 1e-6,
            seed=seed,
            options=options,
        )
    except ValidationError as error:
        raise _named(document, error) from error


def _recipe(document: YamlDocument) -> ElectrodeRecipe:
    """Return the recipe of a file in the user's units; masses left out share what is left."""
    values = {key: value for key, value in document.value.items() if key != _OPTIONS}
    given = {name: values[name] for name in (*_MASSES, "second_active_wt_pct") if name in values}
    if "active_wt_pct" not in given:
        raise document.error((), "active_wt_pct is missing")
    for name, value in given.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise document.error((name,), f"must be a number; found {value!r}")
    missing = [name for name in _MASSES if name not in given]
    left = 100.0 - sum(given.values())
    values.update({name: left / len(missing) for name in missing})
    return ElectrodeRecipe.model_validate(_in_SI(values))


def _in_SI(value: Any, scale: float = 1.0) -> Any:
    """Rename ``…_um`` to ``…_m`` and convert, also within nested mappings."""
    if isinstance(value, dict):
        return {
            (key.removesuffix("_um") + "_m" if key.endswith("_um") else key): _in_SI(
                inner, 1e-6 if key.endswith("_um") else 1.0
            )
            for key, inner in value.items()
        }
    if isinstance(value, int | float) and not isinstance(value, bool) and scale != 1.0:
        return value * scale
    return value


def _named(document: YamlDocument, error: ValidationError) -> Invalid:
    """Return one error with the line of its key, in the file's own names; misspelt keys first."""
    errors = error.errors()
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    path = tuple(_in_um(part) if isinstance(part, str) else part for part in first["loc"])
    if first["type"] == "missing":
        return document.error(path[:-1], f"{path[-1]} is missing")
    if first["type"] == "extra_forbidden":
        model = Architecture if path[0] == "architecture" else ElectrodeRecipe
        names = ", ".join(sorted(_in_um(name) for name in model.model_fields))
        return document.error(path, f"unknown name; allowed: {names}")
    unit = " (limits in metres)" if path and str(path[-1]).endswith("_um") else ""
    return document.error(path, first["msg"].removeprefix("Value error, ") + unit)


def _in_um(name: str) -> str:
    return name.removesuffix("_m") + "_um" if name.endswith("_m") else name


def _preview(voxels: Voxels) -> bytes:
    """Return a PNG: a shaded 3D view, then the slices across the three axes."""
    import numpy as np

    from controller.report.picture import palette
    from controller.report.png import encode_rgb
    from controller.report.render import View, render

    starts = [max((n - _LONGEST_DRAWN) // 2, 0) for n in voxels.labels.shape]
    labels = np.ascontiguousarray(
        voxels.labels[tuple(slice(s, s + _LONGEST_DRAWN) for s in starts)]
    )
    colours = palette()
    view = render(labels, colours, View(height_px=_HEIGHT_PX))
    alpha = view[:, :, 3:] / 255.0
    pictures = [np.rint(view[:, :, :3] * alpha + 255.0 * (1.0 - alpha)).astype(np.uint8)]
    for axis in range(3):
        middle = colours[np.take(labels, labels.shape[axis] // 2, axis=axis)]
        pixels = max(_HEIGHT_PX // max(middle.shape[:2]), 1)
        pictures.append(middle.repeat(pixels, axis=0).repeat(pixels, axis=1))
    return encode_rgb(_side_by_side(pictures))


def _side_by_side(pictures: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    import numpy as np

    height = max(len(picture) for picture in pictures)
    width = sum(picture.shape[1] + _GAP_PX for picture in pictures) - _GAP_PX
    canvas = np.full((height, width, 3), 255, dtype=np.uint8)
    left = 0
    for picture in pictures:
        top = (height - len(picture)) // 2
        canvas[top : top + len(picture), left : left + picture.shape[1]] = picture
        left += picture.shape[1] + _GAP_PX
    return canvas


def _tell(voxels: Voxels, output: Path, elapsed_s: float, *, preview: bool) -> None:
    """Say on stderr what was made; the file's name goes to stdout."""
    fractions = " · ".join(
        f"{phase} {share:.4f}" for phase, share in voxels.volume_fraction.items()
    )
    click.echo(f"{fractions} in {three(elapsed_s)} s", err=True)
    radius_um = voxels.statistics["equivalent_radius_m"] * 1e6
    click.echo(
        f"{voxels.statistics['n_particles']:.0f} particles of {three(radius_um)} µm radius, "
        f"overlap factor {voxels.statistics['overlap_factor']:.2%}",
        err=True,
    )
    for note in voxels.fallbacks:
        click.echo(f"note: {note}", err=True)
    if preview:
        click.echo(f"preview: {output.with_suffix('.png')}", err=True)
    click.echo(str(output))
