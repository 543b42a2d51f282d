"""Read conductivities in whichever form they come: labels with a table, or one value a voxel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.errors import Invalid
from experiments.physics import MOST_CONTRAST
from simulators.properties.compiled import Integers, Labels, Reals, kernel
from simulators.properties.slabs import run_slabs

Conductivity = tuple[NDArray[np.uint8], Mapping[int, float]] | NDArray[np.floating[Any]]
MOST_EXACT = 256
"""Different values that are kept exactly; more are rounded to ``MOST_ROUNDED`` steps."""
MOST_ROUNDED = 65_000


@dataclass(frozen=True)
class ConductivityTable:
    """Labels, the conductivity of each label, and how far any value was rounded (relative)."""

    labels: Labels
    values: Reals
    rounding: float = 0.0
    named: tuple[int, ...] = ()
    """Labels that were given a conductivity and so must occur."""


def read_conductivity(conductivity: Conductivity) -> ConductivityTable:
    """Check conductivities and bring them to labels and a table.

    A label that the mapping does not name does not conduct. Raises ``Invalid`` for values that are
    negative or not finite or too far apart, and where nothing conducts.
    """
    if isinstance(conductivity, tuple):
        return _from_mapping(*conductivity)
    values = np.asarray(conductivity, np.float64)
    _check_axes(values.shape)
    _check_values(values.reshape(-1))
    different, labels = np.unique(values, return_inverse=True)
    if different.size <= MOST_EXACT:
        table = np.zeros(MOST_EXACT)
        table[: different.size] = different
        return ConductivityTable(labels.reshape(values.shape).astype(np.uint8), table)
    return _round(values, different)


def _from_mapping(labels: NDArray[Any], mapping: Mapping[int, float]) -> ConductivityTable:
    labels = np.asarray(labels)
    if labels.dtype != np.uint8:
        raise Invalid(f"labels must be uint8 (0 to 255), not {labels.dtype}")
    _check_axes(labels.shape)
    for label in mapping:
        if not 0 <= label <= 255:
            raise Invalid(f"label {label} is outside 0 to 255")
    _check_values(np.array(list(mapping.values()), np.float64))
    table = np.zeros(256)
    table[list(mapping)] = list(mapping.values())
    return ConductivityTable(labels, table, named=tuple(mapping))


def _round(values: Reals, different: Reals) -> ConductivityTable:
    """Round to equal ratios: σeff then errs by no more than the largest ratio of any voxel."""
    lowest, highest = different[different > 0][0], different[-1]
    step = np.log(highest / lowest) / (MOST_ROUNDED - 1)
    table = np.concatenate([[0.0], lowest * np.exp(step * np.arange(MOST_ROUNDED))])
    with np.errstate(divide="ignore"):
        nearest = np.round(np.log(values / lowest) / step)
    labels = np.where(values > 0, nearest + 1, 0).astype(np.uint16)
    return ConductivityTable(labels, table, rounding=float(np.expm1(step / 2)))


def _check_axes(shape: tuple[int, ...]) -> None:
    if len(shape) != 3 or min(shape) < 1:
        raise Invalid(f"a structure has three axes (z, y, x), not the shape {shape}")


def _check_values(values: Reals) -> None:
    if not np.isfinite(values).all():
        raise Invalid("a conductivity is NaN or infinite; every one must be a number, 0 or above")
    if (values < 0).any():
        raise Invalid(f"a conductivity is {values.min():g}; every one must be 0 or above")
    if not (values > 0).any():
        raise Invalid("nothing conducts: at least one conductivity must be above 0")
    lowest, highest = values[values > 0].min(), values.max()
    if lowest < highest / MOST_CONTRAST:
        raise Invalid(
            f"conductivities lie between {lowest:g} and {highest:g}; the largest may be "
            f"{MOST_CONTRAST:g} times the smallest: raise the smallest, or let it be 0"
        )


def survey(table: ConductivityTable, n_threads: int) -> tuple[Reals, int]:
    """Return the mean conductivity of every layer and the number of conducting voxels.

    Raises ``Invalid`` for a named label without a voxel.
    """
    n_layers, *sides = table.labels.shape
    counts = np.zeros((n_layers, table.values.size), np.int32)
    run_slabs(_count, n_layers, n_threads, table.labels, counts)
    total = counts.sum(axis=0)
    missing = [label for label in table.named if total[label] == 0]
    if missing:
        found = ", ".join(str(label) for label in np.flatnonzero(total))
        raise Invalid(
            f"label {missing[0]} has a conductivity but no voxel; the labels present are {found}",
            label=int(missing[0]),
        )
    conducting = np.flatnonzero(table.values)
    mean = np.sum(counts[:, conducting] * table.values[conducting], axis=1) / np.prod(sides)
    return mean, int(total[conducting].sum())


@kernel
def _count(labels: Labels, counts: Integers, first: int, last: int) -> None:
    _, ny, nx = labels.shape
    for i in range(first, last):
        for j in range(ny):
            for k in range(nx):
                counts[i, labels[i, j, k]] += 1
