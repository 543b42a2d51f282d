"""One value and its noise from the cells of a build: variance = batch + cell / n."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, variance

from experiments.observation import Metric


def metric_of_cells(values: Sequence[float], *, batch_sd: float, cell_sd: float) -> Metric:
    """Return the mean over good cells, with its noise.

    ``batch_sd`` is the scatter between coatings (no single build shows it), ``cell_sd`` what is
    known of the scatter between cells of one coating; with four cells and more, their own.
    """
    if not values:
        return Metric(value=None, reason="no cell of the build works")
    n = len(values)
    cell_variance = variance(values) if n >= 4 else cell_sd**2
    return Metric(
        value=fmean(values),
        samples=tuple(values),
        noise_sd=math.sqrt(batch_sd**2 + cell_variance / n),
    )
