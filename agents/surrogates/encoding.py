"""Designs as rows of numbers for a Gaussian process: unit coordinates, categories one-hot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.design import Design
from experiments.design_space import Categorical, DesignSpace, Mixture


@dataclass(frozen=True)
class Encoding:
    """How the columns of an encoded design belong to parameters.

    ``group[c]`` is the index of column ``c``'s parameter in ``names``; the columns of a group share
    a length scale. Two different categories lie 1 apart.
    """

    space: DesignSpace
    names: tuple[str, ...]
    group: tuple[int, ...]

    @property
    def n_columns(self) -> int:
        """Return the width of an encoded row."""
        return len(self.group)

    def encode(self, designs: Sequence[Design]) -> np.ndarray:
        """Return the rows (``n x n_columns``) of designs that hold every varied name."""
        rows = [self._row(design) for design in designs]
        return np.asarray(rows, dtype=float).reshape(len(designs), self.n_columns)

    def _row(self, design: Design) -> list[float]:
        row: list[float] = []
        for parameter in self.space.parameters:
            if isinstance(parameter, Categorical):
                value = design.values[parameter.name]
                row.extend(math.sqrt(0.5) * (choice == value) for choice in parameter.choices)
            else:
                row.extend(parameter.to_unit(design))
        return row


def encoding_of(space: DesignSpace) -> Encoding:
    """Return the encoding of a design space."""
    names: list[str] = []
    group: list[int] = []
    for parameter in space.parameters:
        if isinstance(parameter, Categorical):
            group.extend([len(names)] * len(parameter.choices))
            names.append(parameter.name)
        elif isinstance(parameter, Mixture):
            for name in parameter.names[:-1]:
                group.append(len(names))
                names.append(name)
        else:
            group.append(len(names))
            names.append(parameter.name)
    return Encoding(space=space, names=tuple(names), group=tuple(group))
