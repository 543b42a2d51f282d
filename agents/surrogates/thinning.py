"""Fewer rows where an exact process would take too long: even strides through each level.

What a search has seen most of, it keeps most of, so the neighbourhood of the best stays dense.
"""

from __future__ import annotations

import numpy as np

from agents.surrogates.level_data import LevelData


def thinned(data: LevelData, most: int) -> LevelData:
    """Return the data with at most so many rows; the target keeps up to half, oldest to newest."""
    if data.n <= most:
        return data
    counts = np.bincount(data.level, minlength=len(data.scatter))
    room = _room(counts, most)
    kept = np.concatenate([_strided(np.flatnonzero(data.level == k), n) for k, n in room.items()])
    kept.sort()
    return LevelData(
        x=data.x[kept],
        level=data.level[kept],
        y=data.y[kept],
        job_ids=tuple(data.job_ids[i] for i in kept),
        scatter=data.scatter,
    )


def _room(counts: np.ndarray, most: int) -> dict[int, int]:
    """Return how many rows each level may keep: the target half, what it leaves to the others."""
    n_cheap = int(counts[1:].sum())
    n_target = min(int(counts[0]), max(most // 2, most - n_cheap))
    found = {0: n_target}
    for k in range(1, len(counts)):
        found[k] = int(counts[k] * (most - n_target) // max(n_cheap, 1))
    return found


def _strided(rows: np.ndarray, n: int) -> np.ndarray:
    """Return ``n`` of the rows, evenly spread, the last among them."""
    if n >= len(rows):
        return rows
    return rows[len(rows) - 1 - (np.arange(n) * len(rows)) // max(n, 1)]
