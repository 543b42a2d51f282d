"""What the options of ``cellwright characterize`` say, and which of them an input does not take."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import click
from click.core import ParameterSource

from experiments.errors import Invalid

ACTIVE_PER_BINDER: Final = 0.3 / 375.0
"""Default conductivity of active material, binder domain = 1: docs/constants.md, both values."""

_IMAGE_ONLY: Final = (
    "labels",
    "solid_conductivity",
    "tolerance",
    "sides",
    "area_estimator",
    "figures",
)
_RECIPE_ONLY: Final = ("is_run", "max_volumes", "seed")

_LARGEST_LABEL: Final = 2**53
"""Whole numbers beyond it are not exact in a float."""


def is_recipe(image: str) -> bool:
    """Return whether the input is a recipe by its name."""
    return image.lower().endswith((".yaml", ".yml"))


def refuse_what_it_does_not_take(ctx: click.Context, image: str, target: float | None) -> None:
    """Raise ``Invalid`` for an option that was given and would have no meaning for this input.

    An empty name is no input: it would quietly mean the current folder.
    """
    if not image.strip():
        raise Invalid("IMAGE: an empty name; give a file, or a folder of pages")
    if not is_recipe(image):
        for option in _given(ctx, _RECIPE_ONLY):
            raise Invalid(
                f"{option}: {image} is one image and gives no further volumes; give a recipe"
            )
        return
    if target is None:
        raise Invalid(
            f"{image}: a recipe is no image; say how well its values must be known (--volumes "
            "0.01), or make one volume of it (cellwright generate) and characterize that"
        )
    for option in _given(ctx, _IMAGE_ONLY):
        raise Invalid(f"{option}: is for images; {image} is a recipe")


def _given(ctx: click.Context, names: Iterable[str]) -> list[str]:
    """Return the options among these that somebody wrote, as they are written."""
    written = {param.name: param.opts[0] for param in ctx.command.params}
    return [
        written[name]
        for name in names
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]


def named_labels(text: str | None) -> dict[str, int] | None:
    """Return the file's value of every phase. Raises ``Invalid`` for what is no whole number."""
    if text is None:
        return None
    values = _pairs(text, "--labels", "pore=0,active=1,binder=2")
    for phase, value in values.items():
        if value != int(value) or abs(value) > _LARGEST_LABEL:
            raise Invalid(f"--labels: {phase}={value:g}; a label is a whole number")
    return {phase: int(value) for phase, value in values.items()}


def named_conductivities(text: str | None) -> dict[str, float] | None:
    """Return the solids' conductivities that were asked for; None where none were."""
    option = "--solid-conductivity"
    return None if text is None else _pairs(text, option, "active=1,binder=2")


def solid_conductivities(
    asked: dict[str, float] | None, phases: Iterable[str], image: str
) -> dict[str, float]:
    """Return those asked for, or the default for these phases.

    Raises ``Invalid`` for one of a phase that the image does not hold.
    """
    present = list(phases)
    if asked is None:
        active = ACTIVE_PER_BINDER if "binder" in present else 1.0
        solids = {"active": active, "second_active": active}
        return {**solids, "binder": 1.0} if "binder" in present else solids
    for phase, value in asked.items():
        if phase not in present:
            raise Invalid(
                f"--solid-conductivity: {phase}={value:g}, but {image} holds {', '.join(present)}"
            )
    return asked


def voxel_sizes_m(text: str | None) -> list[float] | None:
    """Return the edges along z, y and x, or as many as were given; None where none were."""
    if text is None:
        return None
    try:
        sizes = [float(part) * 1e-6 for part in text.split(",")]
    except ValueError as error:
        raise Invalid(f"--voxel-size-um: {text!r} is no number of µm") from error
    return sizes * 3 if len(sizes) == 1 else sizes


def one_voxel_size_um(text: str | None) -> float:
    """Return the edge of a recipe's voxels, which are cubes."""
    sizes_m = voxel_sizes_m(text)
    if sizes_m is None or len(set(sizes_m)) != 1:
        raise Invalid("--voxel-size-um: give one size; a recipe has none of its own")
    return sizes_m[0] * 1e6


def check_number(option: str, value: float, low: float, high: float) -> None:
    """Raise ``Invalid`` for a number outside its range, or none at all."""
    if not low <= value <= high:
        raise Invalid(f"{option}: {value:g}; it must lie between {low:g} and {high:g}")


def _pairs(text: str, option: str, example: str) -> dict[str, float]:
    """Return ``name=number`` pairs. Raises ``Invalid`` with the part that is not one."""
    pairs: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not (name and equals and math.isfinite(value)):
            raise Invalid(f"{option}: {part.strip()!r} is not name=number, e.g. {example}")
        if name in pairs:
            raise Invalid(f"{option}: {name} is given twice")
        pairs[name] = value
    return pairs
