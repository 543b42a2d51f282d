"""A recipe as a YAML file in the user's units, and errors that name its lines."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from controller.yaml_lines import YamlDocument, parse_yaml
from experiments.architecture import Architecture
from experiments.errors import CellwrightError, Invalid
from experiments.generation import VolumeRequest
from experiments.recipe import ElectrodeRecipe

_OPTIONS: Final = "options"
_HISTOGRAM: Final = "particle_histogram"
_MASSES: Final = ("active_wt_pct", "binder_wt_pct", "carbon_wt_pct")
_LIMITS: Final = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
_METRES_PER_UM: Final = 1e-6
_METRE_NAME: Final = re.compile(r"\b(\w+)_m\b")
_SMALL_NUMBER: Final = re.compile(r"\b\d+(\.\d+)?e-\d+\b")
_LONGEST_SHOWN: Final = 60
"""Characters of a found value that still belong in one line."""
_SHORTEST_EDGE: Final = 8
_BYTES_PER_VOXEL: Final = 12
"""Peak memory of a generation, see docs/benchmarks.md."""


def read_volume_request(path: Path, size: str, voxel_size_um: float, seed: int) -> VolumeRequest:
    """Return the request of a recipe file and the command line's size, voxel size and seed.

    Raises ``Invalid`` with the line or the option that is wrong.
    """
    shape = _shape(size)
    if not 1e-3 <= voxel_size_um <= 10.0:
        raise Invalid(f"--voxel-size-um {voxel_size_um:g}: must lie between 0.001 and 10")
    if seed < 0:
        raise Invalid(f"--seed {seed}: must be at least 0")
    document = _read(path)
    options = document.value.get(_OPTIONS) or {}
    if not isinstance(options, dict):
        raise document.error((_OPTIONS,), f"must be a mapping; found {options!r}")
    for name, value in options.items():
        if not isinstance(value, int | float | str):
            raise document.error((_OPTIONS, name), f"must be a number or a word; found {value!r}")
    try:
        return VolumeRequest(
            recipe=_recipe(document),
            shape=shape,
            voxel_size_m=voxel_size_um * _METRES_PER_UM,
            seed=seed,
            options=_in_SI(options),
        )
    except ValidationError as error:
        raise _named(document, error) from error


def located(path: Path, error: CellwrightError) -> Invalid:
    """Return what a generator refused in the file's own names, with the line it is about."""
    document = _read(path)
    name, colon, rest = error.message.partition(": ")
    key = tuple(_in_um(part) for part in name.split("."))
    if colon and key in document.lines:
        return document.error(key, rest)
    return document.error((), error.message)


def _shape(size: str) -> tuple[int, int, int]:
    """Return the voxels a side. Raises ``Invalid`` where they make no volume that fits."""
    edges = size.split(",")
    if len(edges) not in (1, 3) or not all(edge.strip().isdecimal() for edge in edges):
        raise Invalid(f"--size {size}: give one whole number, or three as Z,Y,X")
    shape = [int(edge) for edge in edges] * (3 // len(edges))
    if min(shape) < _SHORTEST_EDGE:
        raise Invalid(f"--size {size}: every edge must have at least {_SHORTEST_EDGE} voxels")
    needed = _BYTES_PER_VOXEL * math.prod(shape)
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        raise Invalid(
            f"--size {size}: needs about {needed / 1e9:.3g} GB of memory and there are "
            f"{there / 1e9:.3g} GB; a cube may have up to "
            f"{int((there / _BYTES_PER_VOXEL) ** (1 / 3))} voxels a side"
        )
    return shape[0], shape[1], shape[2]


def _read(path: Path) -> YamlDocument:
    """Return the file's mapping with its lines."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{path}: cannot be read: it is not text in UTF-8") from error
    document = parse_yaml(text, str(path))
    if not isinstance(document.value, dict):
        raise document.error((), "must be a mapping of recipe values")
    return document


def _recipe(document: YamlDocument) -> ElectrodeRecipe:
    """Return the recipe of a file in the user's units; masses left out share what is left."""
    values = {key: value for key, value in document.value.items() if key != _OPTIONS}
    given = {name: values[name] for name in (*_MASSES, "second_active_wt_pct") if name in values}
    if "active_wt_pct" not in given:
        raise document.error((), "active_wt_pct is missing")
    for name, value in given.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise document.error((name,), f"found {value!r}; must be a number")
    missing = [name for name in _MASSES if name not in given]
    left = 100.0 - sum(given.values())
    if missing and left < 0.0:
        raise document.error(
            (), f"{' + '.join(f'{name} {value:g}' for name, value in given.items())} is over 100"
        )
    values.update({name: left / len(missing) for name in missing})
    if _HISTOGRAM + "_um" in values:
        values[_HISTOGRAM] = _histogram_m(document, values.pop(_HISTOGRAM + "_um"))
    return ElectrodeRecipe.model_validate(_in_SI(values))


def _histogram_m(document: YamlDocument, pairs: Any) -> list[tuple[float, float]]:
    """Return (diameter in m, share) pairs of a histogram in µm."""
    path = (_HISTOGRAM + "_um",)
    if not isinstance(pairs, list):
        raise document.error(path, f"found {pairs!r}; must be a list of [diameter, share]")
    for i, pair in enumerate(pairs):
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not all(isinstance(value, int | float) for value in pair)
        ):
            raise document.error((*path, i), f"found {pair!r}; must be [diameter, share]")
    return [(diameter * _METRES_PER_UM, share) for diameter, share in pairs]


def _in_SI(value: Any, scale: float = 1.0) -> Any:
    """Rename ``…_um`` to ``…_m`` and convert, also within nested mappings."""
    if isinstance(value, dict):
        return {
            (key.removesuffix("_um") + "_m" if key.endswith("_um") else key): _in_SI(
                inner, _METRES_PER_UM if key.endswith("_um") else 1.0
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
    path = path[1:] if path[:1] == ("recipe",) else path
    if first["type"] == "missing":
        return document.error(path[:-1], f"{path[-1]} is missing")
    if first["type"] == "extra_forbidden":
        model = Architecture if path[0] == "architecture" else ElectrodeRecipe
        names = ", ".join(sorted(_in_um(name) for name in model.model_fields))
        return document.error(path, f"unknown name; allowed: {names}")
    return document.error(path, _said(first, is_in_um=_is_in_um(path)))


def _said(error: ErrorDetails, *, is_in_um: bool) -> str:
    """Return what was found and what is allowed, in the unit of the file."""
    found = error["input"]
    limits = [
        f"{words} {_shown(limit, is_in_um=is_in_um)}"
        for name, words in _LIMITS.items()
        if (limit := error.get("ctx", {}).get(name)) is not None
    ]
    if limits:
        return f"found {_shown(found, is_in_um=is_in_um)}; must be {' and '.join(limits)}"
    message = _reworded(error["msg"].removeprefix("Value error, ").removeprefix("Input "))
    is_short = not isinstance(found, dict) and len(repr(found)) < _LONGEST_SHOWN
    return f"found {found!r}; {message}" if is_short else message


def _reworded(message: str) -> str:
    """Return a message about names in metres with names and lengths in µm."""
    named = _METRE_NAME.sub(r"\1_um", message)
    if named == message:
        return message
    return _SMALL_NUMBER.sub(lambda found: f"{float(found[0]) / _METRES_PER_UM:g}", named)


def _shown(value: Any, *, is_in_um: bool) -> str:
    if isinstance(value, int | float) and is_in_um:
        return f"{value / _METRES_PER_UM:g} µm"
    return f"{value:g}" if isinstance(value, int | float) else repr(value)


def _is_in_um(path: tuple[str | int, ...]) -> bool:
    return any(isinstance(part, str) and part.endswith("_um") for part in path)


def _in_um(name: str) -> str:
    if name == _HISTOGRAM:
        return name + "_um"
    return name.removesuffix("_m") + "_um" if name.endswith("_m") else name
