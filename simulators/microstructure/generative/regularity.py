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
from simulators.microstructure.generative.exchange import (
    Values,
    exchange_p_value,
    least_p_value,
    verdict,
)
from simulators.microstructure.voxels import Labels

_SHORTEST: Final = 24
"""Voxels beyond which structures of the shipped model forget each other (1.6 particles)."""
_BORDER: Final = 4
"""Layers at each face that count as its border."""
_SHARE: Final = 0.99

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
    """How likely chance puts so many beyond the limit (exchange of volumes, one-sided)."""
    least_p: float
    """The least that so few volumes can give, times the number of tests."""
    p_adjusted: float
    """After Holm, over all tests of one audit."""

    @property
    def is_kept(self) -> bool | None:
        """Say whether chance explains what lies beyond; None where the test could not tell."""
        return verdict(self.p_adjusted, self.least_p)


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
    return [*limits, judge_likeness(real, generated)]


def judge_limit(name: str, real: Sequence[float], generated: Sequence[float]) -> Limit:
    """Return how many generated values lie beyond the real ones' 99% limit, and the test.

    One value a volume. The limit is that of a prediction from few: the percentile of a dozen values
    is their largest.
    """
    a, b = np.array(generated), np.array(real)
    return _judged(name, (a, b), exchange_p_value(a, b, _n_beyond), (len(a), len(b)))


def judge_likeness(real: Sequence[Labels], generated: Sequence[Labels]) -> Limit:
    """Return the same for the share of voxels in which two volumes of one kind agree."""
    volumes = [*generated, *real]
    agree = np.array([[np.mean(one == other) for other in volumes] for one in volumes])

    def pairs(chosen: Values) -> Values:
        i, j = np.triu_indices(chosen.shape[-1], 1)
        found: Values = agree[chosen[..., i], chosen[..., j]]
        return found

    def beyond(a: Values, b: Values, axis: int) -> Values:
        return _n_beyond(pairs(np.moveaxis(a, axis, -1)), pairs(np.moveaxis(b, axis, -1)), -1)

    n = len(generated)
    a, b = np.arange(n), np.arange(n, len(volumes))
    p_value = exchange_p_value(a, b, beyond)
    return _judged("likeness_of_two", (pairs(a), pairs(b)), p_value, (n, len(real)))


def _judged(
    name: str, values: tuple[Values, Values], p_value: float, n_volumes: tuple[int, int]
) -> Limit:
    generated, real = values
    return Limit(
        quantity=name,
        mean_real=float(real.mean()),
        mean_generated=float(generated.mean()),
        limit=float(_limit(real, -1)),
        n_real=len(real),
        n_generated=len(generated),
        n_beyond=int(_n_beyond(generated, real, -1)),
        p_value=p_value,
        least_p=least_p_value(*n_volumes),
        p_adjusted=p_value,
    )


def _limit(real: Values, axis: int) -> Values:
    """Return what one more real value stays below with 99%."""
    n = real.shape[axis]
    reach = float(stats.t.ppf(_SHARE, n - 1)) * math.sqrt(1.0 + 1.0 / n)
    found: Values = real.mean(axis=axis) + reach * real.std(axis=axis, ddof=1)
    return found


def _n_beyond(generated: Values, real: Values, axis: int) -> Values:
    count: Values = (generated > np.expand_dims(_limit(real, axis), axis)).sum(axis=axis)
    return count


def _deviation(mask: npt.NDArray[np.bool_]) -> Indicator:
    values = mask.astype(np.float32)
    return values - np.float32(values.mean())
