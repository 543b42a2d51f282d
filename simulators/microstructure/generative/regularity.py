"""What must not show in a generated volume: tiles, a lattice, edges, one direction, one structure.

Every number is worked out for real volumes in the same way; it is their spread that says what is
too much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import stats

from experiments.frozen import Frozen
from simulators.microstructure.generative.coarse_field import CELL
from simulators.microstructure.voxels import Labels

_SHORTEST: Final = 24
"""Voxels beyond which structures of the shipped model forget each other (1.6 particles)."""
_BORDER: Final = 4
"""Layers at each face that count as its border."""
_SHARE: Final = 0.99
SIGNIFICANT: Final = 0.01
"""Chance below which what lies beyond the limit is no chance."""

Indicator = npt.NDArray[np.float32]


class Limit(Frozen):
    """One number of generated volumes against what real ones reach."""

    quantity: str
    mean_real: float
    mean_generated: float
    limit: float
    """What one more real volume stays below with 99% (Student's prediction limit)."""
    n_real: int = Field(ge=2)
    n_generated: int = Field(ge=1)
    n_beyond: int = Field(ge=0)
    p_value: float
    """How likely chance puts so many beyond the limit (one-sided binomial)."""

    @property
    def is_kept(self) -> bool:
        """Say whether chance explains what lies beyond."""
        return self.p_value > SIGNIFICANT


def tiling_peak(labels: Labels) -> float:
    """Return the largest autocorrelation of pore and active at distances beyond memory.

    Along every axis, pairs within the volume only; 1 for a volume that repeats itself.
    """
    peaks = []
    for phase in (0, 1):
        deviation = _deviation(labels == phase)
        variance = float(np.mean(deviation**2)) or 1.0
        for axis in range(3):
            turned = np.moveaxis(deviation, axis, 0)
            n = turned.shape[0]
            peaks += [
                float(np.mean(turned[lag:] * turned[:-lag])) / variance
                for lag in range(_SHORTEST, n // 2 + 1)
            ]
    return max(peaks)


def lattice_share(labels: Labels) -> float:
    """Return the largest relative excess of a phase on one residue of the coarse cell's lattice.

    A network whose cells show has more of a phase in the middle of cells than at their edges.
    """
    found = []
    for phase in (0, 1, 2):
        mask = labels == phase
        mean = float(mask.mean()) or 1.0
        for axis in range(3):
            layers = mask.mean(axis=tuple(i for i in range(3) if i != axis))
            whole = layers[: CELL * (len(layers) // CELL)].reshape(-1, CELL)
            found.append(float(np.abs(whole.mean(axis=0) / mean - 1.0).max()))
    return max(found)


def border_excess(labels: Labels) -> float:
    """Return the largest relative excess of a phase in the layers next to a face."""
    found = []
    for phase in (0, 1, 2):
        mask = labels == phase
        mean = float(mask.mean()) or 1.0
        for axis in range(3):
            turned = np.moveaxis(mask, axis, 0)
            for layers in (turned[:_BORDER], turned[-_BORDER:]):
                found.append(abs(float(layers.mean()) / mean - 1.0))
    return max(found)


def anisotropy(labels: Labels) -> float:
    """Return the largest relative difference between axes of how often a phase ends along them."""
    found = []
    for phase in (0, 1, 2):
        mask = labels == phase
        ends = np.array(
            [np.mean(np.diff(mask.astype(np.int8), axis=axis) != 0) for axis in range(3)]
        )
        found.append(float((ends.max() - ends.min()) / (ends.mean() or 1.0)))
    return max(found)


def agreements(volumes: Sequence[Labels]) -> list[float]:
    """Return the share of voxels in which volumes agree, for every two of them."""
    return [float(np.mean(one == other)) for i, one in enumerate(volumes) for other in volumes[:i]]


def check_regularity(real: Sequence[Labels], generated: Sequence[Labels]) -> list[Limit]:
    """Return every number with its limit; all volumes of one label and one size."""
    limits = [
        judge_limit(name, [measure(one) for one in real], [measure(one) for one in generated])
        for name, measure in (
            ("tiling_peak", tiling_peak),
            ("lattice_share", lattice_share),
            ("border_excess", border_excess),
            ("anisotropy", anisotropy),
        )
    ]
    return [*limits, judge_limit("likeness_of_two", agreements(real), agreements(generated))]


def judge_limit(name: str, real: Sequence[float], generated: Sequence[float]) -> Limit:
    """Return how many generated values lie beyond the real ones' 99% limit, and the test.

    The limit is that of a prediction from few: the percentile of a dozen values is their largest.
    """
    n = len(real)
    reach = float(stats.t.ppf(_SHARE, n - 1)) * float(np.std(real, ddof=1))
    limit = float(np.mean(real)) + reach * math.sqrt(1.0 + 1.0 / n)
    n_beyond = int(np.sum(np.asarray(generated) > limit))
    tested = stats.binomtest(n_beyond, len(generated), 1.0 - _SHARE, alternative="greater")
    return Limit(
        quantity=name,
        mean_real=float(np.mean(real)),
        mean_generated=float(np.mean(generated)),
        limit=limit,
        n_real=len(real),
        n_generated=len(generated),
        n_beyond=n_beyond,
        p_value=float(tested.pvalue),
    )


def _deviation(mask: npt.NDArray[np.bool_]) -> Indicator:
    values = mask.astype(np.float32)
    return values - np.float32(values.mean())
