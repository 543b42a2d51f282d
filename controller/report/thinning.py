"""Which points of many a plot shows: so many that more of them would change nothing to be seen.

A plot on a screen is about a thousand pixels wide. What is left out is in the data behind it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MOST: Final = 1000
"""Points of one colour that are shown one by one: one for each pixel of a wide plot."""
_PER_SLICE: Final = 4

Places = NDArray[np.intp]


def in_order(places: Places, values: NDArray[np.float64], most: int = MOST) -> Places:
    """Return places along a sequence: of each slice the first, last, lowest and highest value.

    ``values`` has one value for each place, none of them NaN.
    """
    n = len(places)
    if n <= most:
        return places
    edges = np.linspace(0, n, most // _PER_SLICE + 1).astype(np.intp)
    starts = edges[:-1]
    kept = [starts, edges[1:] - 1]
    for start, end in zip(starts.tolist(), edges[1:].tolist(), strict=True):
        piece = values[start:end]
        kept.append(np.array([start + piece.argmin(), start + piece.argmax()]))
    found: Places = places[np.unique(np.concatenate(kept))]
    return found


def in_plane(
    places: Places, x: NDArray[np.float64], y: NDArray[np.float64], most: int = MOST
) -> Places:
    """Return places over a plane: of each cell of a grid the latest; those without a place too.

    ``x`` and ``y`` have one value for each place; NaN is put in a cell of its own.
    """
    if len(places) <= most:
        return places
    n_cells = int(most**0.5)
    cell = _cells(x, n_cells) * (n_cells + 1) + _cells(y, n_cells)
    _, last = np.unique(cell[::-1], return_index=True)
    found: Places = places[np.sort(len(places) - 1 - last)]
    return found


def words(n_shown: int, n: int) -> str:
    """Return what a caption says of points that are left out; nothing where all are shown."""
    if n_shown >= n:
        return ""
    return f" {n_shown:,} of {n:,} marks are drawn, so that none that sticks out is missing."


def _cells(values: NDArray[np.float64], n: int) -> NDArray[Any]:
    """Return the cell of each value, 0 to n − 1 from the least to the greatest, n for NaN."""
    is_known = ~np.isnan(values)
    low, high = (values[is_known].min(), values[is_known].max()) if is_known.any() else (0.0, 0.0)
    width = (high - low) or 1.0
    found = np.full(len(values), n)
    found[is_known] = np.minimum(((values[is_known] - low) / width * n).astype(int), n - 1)
    return found
