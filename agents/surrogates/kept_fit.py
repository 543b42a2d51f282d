"""Hyperparameters that are kept while data grow by a few values, and learned anew at milestones.

They belong to what was known at the last milestone, not to what a process happens to remember: a
process that has just started learns them from those same values, so equal questions get equal
answers anywhere. Conditioning always takes every value.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final

import numpy as np

from agents.surrogates.fit import Learned, learn
from agents.surrogates.level_data import LevelData

ALWAYS_BELOW: Final = 40
"""A level with fewer values than this moves the hyperparameters with every one of them (assumed:
about three values for each of them on two levels in five dimensions)."""
GROWTH: Final = 1.1
MOST_KEPT: Final = 16


def milestone(n: int) -> int:
    """Return how many of a level's first ``n`` values decide the hyperparameters."""
    reached = float(ALWAYS_BELOW)
    if n < reached:
        return n
    while reached * GROWTH <= n:
        reached *= GROWTH
    return int(reached)


def decisive(data: LevelData) -> np.ndarray:
    """Return a mask of the values that decide: of every level those up to its milestone."""
    mask = np.zeros(data.n, bool)
    for k in range(len(data.scatter)):
        rows = np.flatnonzero(data.level == k)
        mask[rows[: milestone(len(rows))]] = True
    return mask


class KeptFits:
    """What was learned from the data met lately."""

    def __init__(self) -> None:
        self._learned: OrderedDict[str, Learned] = OrderedDict()

    def learned(self, data: LevelData, group: tuple[int, ...]) -> Learned:
        """Return what data teach, from memory where they were met; raises as ``learn`` does."""
        key = _content(data, group)
        if key not in self._learned:
            self._learned[key] = learn(data, group)
            if len(self._learned) > MOST_KEPT:
                self._learned.popitem(last=False)
        self._learned.move_to_end(key)
        return self._learned[key]


def _content(data: LevelData, group: tuple[int, ...]) -> str:
    digest = hashlib.sha256(repr((group, data.x.shape, data.scatter)).encode())
    for array in (data.x, data.level, data.y):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
