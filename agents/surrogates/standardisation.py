"""Where every level's values lie, and one scale for all of them."""

from __future__ import annotations

import numpy as np

from agents.surrogates.level_data import LevelData


def standardisation(data: LevelData) -> tuple[np.ndarray, float]:
    """Return a location per level and a common scale.

    A level with fewer than 5 values takes its location from the designs it shares with a better
    known level, so that two lucky target values do not shift a whole level.
    """
    n_levels = len(data.scatter)
    counts = np.bincount(data.level, minlength=n_levels)
    known = int(counts.argmax())
    location = np.full(n_levels, data.y[data.level == known].mean())
    for k in range(n_levels):
        if k == known or counts[k] == 0:
            continue
        if counts[k] >= 5:
            location[k] = data.y[data.level == k].mean()
        elif (shift := _paired_shift(data, k, known)) is not None:
            location[k] += shift
    within = data.y - location[data.level]
    scale = float(np.sqrt((within**2).mean()))
    largest = float(np.abs(data.y).max(initial=0.0))
    return location, scale if scale > 1e-9 * largest else max(1e-3 * largest, 1e-12)


def _paired_shift(data: LevelData, k: int, other: int) -> float | None:
    """Return the mean difference between two levels over shared designs."""
    differences = [
        data.y[i] - data.y[j]
        for i in np.flatnonzero(data.level == k)
        for j in np.flatnonzero(data.level == other)
        if np.array_equal(data.x[i], data.x[j])
    ]
    return float(np.mean(differences)) if differences else None
