"""Does a network draw pieces of what it was shown? Nearest neighbours over places and mirrors.

A piece's distance to the training set is the smallest mean squared difference of its coarse field
to any equally large window of any training volume, over all translations (by Fourier transforms)
and the eight mirrors and turns of the plane. Fresh real structures have such distances too; a
network that copies has smaller ones. The test: how many generated pieces lie below the first
percentile of the fresh ones, against the one in a hundred that chance gives (one-sided binomial).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import fft, stats

from experiments.errors import Invalid
from experiments.frozen import Frozen
from simulators.microstructure.generative.coarse_field import CELL, coarse_field
from simulators.microstructure.voxels import Labels

PIECE: Final = 10
"""Coarse cells along a piece's edge: 40 voxels, some 2.7 median particles of the shipped model."""
_PERCENTILE: Final = 1.0
SIGNIFICANT: Final = 0.01

Fields = npt.NDArray[np.float32]


class Memorisation(Frozen):
    """The outcome of the test."""

    n_generated: int = Field(ge=1)
    n_fresh: int = Field(ge=1)
    threshold: float
    """First percentile of the fresh pieces' distances."""
    n_below: int = Field(ge=0)
    p_value: float
    median_generated: float
    median_fresh: float

    @property
    def is_clean(self) -> bool:
        """Say whether copies would be more frequent than chance explains."""
        return self.p_value > SIGNIFICANT


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


def judge(generated: Sequence[float], fresh: Sequence[float]) -> Memorisation:
    """Return the test of generated pieces' distances against those of fresh real ones."""
    threshold = float(np.percentile(fresh, _PERCENTILE))
    n_below = int(np.sum(np.asarray(generated) < threshold))
    tested = stats.binomtest(n_below, len(generated), _PERCENTILE / 100.0, alternative="greater")
    return Memorisation(
        n_generated=len(generated),
        n_fresh=len(fresh),
        threshold=threshold,
        n_below=n_below,
        p_value=float(tested.pvalue),
        median_generated=float(np.median(generated)),
        median_fresh=float(np.median(fresh)),
    )


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
