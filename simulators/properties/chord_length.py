"""Chord lengths: how long straight lines stay within a phase, per axis.

The mean counts chords cut by the border with the length they show and half an end (Underwood
1970: mean intercept = total length over number of intercepts), so it is not biased by the box; the
distribution holds whole chords only and therefore lacks long ones in small boxes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import Codes, Integers, kernel
from simulators.properties.line_sample import lines_along


@dataclass(frozen=True)
class ChordLengths:
    """Chords of one phase along one axis."""

    length_m: NDArray[np.float64]
    share: NDArray[np.float64]
    """Share of the number of whole chords at each length; sums to 1, or empty."""
    mean_m: float | None
    """Mean intercept length; None where the phase has no end along this axis."""


def chord_lengths(
    labels: NDArray[np.uint8], axis: int, voxel_size_m: float, *, n_phases: int
) -> list[ChordLengths]:
    """Measure chords along an axis for phases 0 … n_phases − 1; the voxel size is the axis's."""
    whole, total, ends = _count_chords(lines_along(labels, axis), n_phases)
    found = []
    for phase in range(n_phases):
        n_voxels = np.flatnonzero(whole[phase])
        number = whole[phase][n_voxels]
        found.append(
            ChordLengths(
                length_m=n_voxels.astype(np.float64) * voxel_size_m,
                share=number / max(int(number.sum()), 1),
                mean_m=float(total[phase] / (ends[phase] / 2) * voxel_size_m)
                if ends[phase]
                else None,
            )
        )
    return found


@kernel
def _count_chords(lines: Codes, n_phases: int) -> tuple[Integers, Integers, Integers]:
    """Return whole chords by phase and length, and each phase's voxels and chord ends."""
    n_lines, n = lines.shape
    whole = np.zeros((n_phases, n + 1), np.int64)
    total = np.zeros(n_phases, np.int64)
    ends = np.zeros(n_phases, np.int64)
    for i in range(n_lines):
        line = lines[i]
        start = 0
        for x in range(1, n + 1):
            if x < n and line[x] == line[start]:
                continue
            phase = line[start]
            total[phase] += x - start
            if start > 0:
                ends[phase] += 1
            if x < n:
                ends[phase] += 1
            if start > 0 and x < n:
                whole[phase, x - start] += 1
            start = x
    return whole, total, ends
