"""Make the phases' voxel counts exact by changing as few and as uncertain voxels as possible.

The network's fractions are near the label's mass and not at it. Every phase with too many voxels
hands the excess to those with too few, one pair of phases after the other; of its voxels those go
that lose least by becoming that other phase: the smallest difference between the two scores.
Nothing else changes, so the number of changed voxels is the least possible, half of
Σ|count − wanted|. The loss summed over all is the least possible where one phase receives; where
one gives to two, the first is served first and the sum may be a little larger than the least.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from experiments.errors import Invalid
from simulators.microstructure.voxels import Labels

Scores = npt.NDArray[np.floating]


def whole_counts(fractions: Sequence[float], n_voxels: int) -> tuple[int, ...]:
    """Return voxel counts of these fractions that sum to ``n_voxels`` (largest remainders)."""
    wanted = np.asarray(fractions, dtype=np.float64) * n_voxels
    if abs(wanted.sum() - n_voxels) > 1e-6 * n_voxels or wanted.min() < 0.0:
        raise Invalid(f"phase fractions {list(fractions)}: must be at least 0 and sum to 1")
    counts = np.floor(wanted).astype(np.int64)
    left = n_voxels - int(counts.sum())
    counts[np.argsort(counts - wanted, kind="stable")[:left]] += 1
    return tuple(int(count) for count in counts)


def correct_fractions(labels: Labels, scores: Scores, counts: Sequence[int]) -> int:
    """Change ``labels`` in place until phase i has ``counts[i]`` voxels; return how many changed.

    ``scores`` is `phase x z x y x x`. Ties go to the voxel that comes first in memory.
    """
    flat, by_phase = labels.reshape(-1), scores.reshape(len(scores), -1)
    missing = np.asarray(counts) - np.bincount(flat, minlength=len(counts))
    if missing.sum() != 0:
        raise Invalid(f"counts {list(counts)}: must sum to {flat.size} voxels")
    n_changed = 0
    for giver in np.flatnonzero(missing < 0):
        for taker in np.flatnonzero(missing > 0):
            n = int(min(-missing[giver], missing[taker]))
            if n == 0:
                continue
            own = np.flatnonzero(flat == giver)
            loss = by_phase[giver, own] - by_phase[taker, own]
            flat[own[_smallest(loss, n)]] = taker
            missing[giver] += n
            missing[taker] -= n
            n_changed += n
    return n_changed


def _smallest(values: Scores, n: int) -> npt.NDArray[np.intp]:
    """Return the places of the ``n`` smallest values; among equals the first."""
    limit = np.partition(values, n - 1)[n - 1]
    below = np.flatnonzero(values < limit)
    at = np.flatnonzero(values == limit)[: n - len(below)]
    return np.concatenate([below, at])
