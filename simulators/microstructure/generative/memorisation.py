"""Does a network draw pieces of what it was shown? Nearest neighbours over places and mirrors.

A piece's distance to the training set is the smallest mean squared difference of its coarse field
to any equally large window of any training volume, over all translations (by Fourier transforms)
and the eight mirrors and turns of the plane. Fresh real structures have such distances too; a
network that copies has smaller ones. The test: how many of the nearest pieces, the nearest
fortieth of all, come from generated volumes, against exchanging which volumes are called generated
and which fresh. Pieces of one volume are not independent, so volumes are exchanged, not pieces.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import fft

from experiments.errors import Invalid
from experiments.frozen import Frozen
from simulators.microstructure.generative.coarse_field import CELL, coarse_field
from simulators.microstructure.generative.exchange import (
    Values,
    exchange_p_value,
    least_p_value,
    verdict,
)
from simulators.microstructure.voxels import Labels

PIECE: Final = 10
"""Coarse cells along a piece's edge: 40 voxels, some 2.7 median particles of the shipped model."""
_PERCENTILE: Final = 2.5
"""Of all pieces: so few that copies stand out, so many that there are some (assumed)."""
_FEWEST: Final = 8
"""Nearest pieces looked at where that percentage is fewer (assumed)."""

Fields = npt.NDArray[np.float32]


class Memorisation(Frozen):
    """The outcome of the test."""

    n_generated: int = Field(ge=1)
    n_fresh: int = Field(ge=1)
    threshold: float
    """The distance below which the nearest fortieth of all pieces lies."""
    n_below: int = Field(ge=0)
    """Generated pieces below it; chance gives half of all that are."""
    p_value: float
    """How likely chance puts so many there (exchange of volumes, one-sided)."""
    least_p: float
    """The least that so few volumes can give, times the number of tests."""
    p_adjusted: float
    """After Holm, over all tests of one audit."""
    median_generated: float
    median_fresh: float

    @property
    def is_clean(self) -> bool | None:
        """Say whether chance explains the near pieces; None where the test could not tell."""
        return verdict(self.p_adjusted, self.least_p)


class TrainingIndex:
    """The training volumes, transformed once."""

    def __init__(self, volumes: Sequence[Labels], n_phases: int) -> None:
        fields = np.stack([coarse_field(volume, n_phases) for volume in volumes])
        if min(fields.shape[2:]) < PIECE:
            raise Invalid(f"training volumes of {volumes[0].shape} voxels are too small to compare")
        self._shape = fields.shape[2:]
        self._n_phases = n_phases
        self._transformed = fft.rfftn(fields, axes=(2, 3, 4))
        ones = np.zeros(self._shape, dtype=np.float32)
        ones[:PIECE, :PIECE, :PIECE] = 1.0
        squares = fft.rfftn((fields**2).sum(axis=1), axes=(1, 2, 3))
        energy = fft.irfftn(squares * np.conj(fft.rfftn(ones)), s=self._shape, axes=(1, 2, 3))
        self._energy = self._inside(energy)

    def distances(self, volume: Labels) -> list[float]:
        """Return the distance of every piece of a volume to the nearest window, per number."""
        field = coarse_field(volume, self._n_phases)
        return [self._distance(piece) for piece in _pieces(field)]

    def _distance(self, piece: Fields) -> float:
        least = np.inf
        own = float((piece**2).sum())
        for turned in _symmetries(piece):
            padded = np.zeros((piece.shape[0], *self._shape), dtype=np.float32)
            padded[:, :PIECE, :PIECE, :PIECE] = turned
            there = np.conj(fft.rfftn(padded, axes=(1, 2, 3)))
            product = np.einsum("nczyx,czyx->nzyx", self._transformed, there)
            match = self._inside(fft.irfftn(product, s=self._shape, axes=(1, 2, 3)))
            least = min(least, float((self._energy - 2.0 * match).min()))
        return max(own + least, 0.0) / piece.size

    def _inside(self, values: Fields) -> Fields:
        """Return the places where a window lies within the volume."""
        z, y, x = (n - PIECE + 1 for n in self._shape)
        return values[:, :z, :y, :x]


def judge(generated: Sequence[Sequence[float]], fresh: Sequence[Sequence[float]]) -> Memorisation:
    """Return the test of generated pieces' distances against those of fresh real ones.

    One list of distances a volume, all of one length.
    """
    every = np.array([*generated, *fresh])
    n_nearest = max(_FEWEST, math.ceil(every.size * _PERCENTILE / 100.0))
    threshold = float(np.sort(every, axis=None)[:n_nearest][-1])
    below = (every <= threshold).sum(axis=1)
    n = len(generated)
    p_value = exchange_p_value(below[:n], below[n:], _surplus)
    return Memorisation(
        n_generated=every[:n].size,
        n_fresh=every[n:].size,
        threshold=threshold,
        n_below=int(below[:n].sum()),
        p_value=p_value,
        least_p=least_p_value(n, len(fresh)),
        p_adjusted=p_value,
        median_generated=float(np.median(every[:n])),
        median_fresh=float(np.median(every[n:])),
    )


def _surplus(generated: Values, fresh: Values, axis: int) -> Values:
    """Return near pieces a generated volume less those a fresh one."""
    more: Values = generated.mean(axis=axis) - fresh.mean(axis=axis)
    return more


def _pieces(field: Fields) -> Iterator[Fields]:
    """Yield the pieces of a coarse field that lie side by side."""
    z, y, x = (n // PIECE for n in field.shape[1:])
    for k, j, i in np.ndindex(z, y, x):
        at = tuple(slice(PIECE * n, PIECE * (n + 1)) for n in (k, j, i))
        yield np.ascontiguousarray(field[(slice(None), *at)])


def _symmetries(piece: Fields) -> Iterator[Fields]:
    """Yield the piece mirrored and turned in the plane, all eight ways."""
    for turned in (piece, piece.transpose(0, 1, 3, 2)):
        for flip_y in (1, -1):
            for flip_x in (1, -1):
                yield turned[:, :, ::flip_y, ::flip_x]


def voxels_per_piece() -> int:
    """Return the voxels along the edge of a piece."""
    return CELL * PIECE
