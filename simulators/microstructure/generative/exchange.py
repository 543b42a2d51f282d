"""One test for all that must not show: exchange which volumes are called generated and which real.

A limit estimated from few real volumes is no true limit, so how often chance exceeds it cannot be
read off a binomial. Under the hypothesis that generated and real volumes come from one law, every
way to call them so is equally likely; the p-value is the share of ways that look as bad or worse
(Good 2005, Permutation, Parametric and Bootstrap Tests of Hypotheses, Springer). All ways are tried
where they are few, ``_WAYS`` random ones elsewhere. Several tests are adjusted by Holm (1979,
Scandinavian Journal of Statistics 6, 65).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import stats

_WAYS: Final = 9999
_BATCH: Final = 500
"""Ways at once, for memory."""
SIGNIFICANT: Final = 0.01
"""Adjusted chance below which what is seen is no chance."""

Values = npt.NDArray[Any]
Statistic = Callable[[Values, Values, int], Values]
"""Of generated and real volumes along an axis; the larger, the worse."""


def exchange_p_value(generated: Values, real: Values, statistic: Statistic) -> float:
    """Return the share of exchanges whose statistic is as large as the one seen."""
    found = stats.permutation_test(
        (generated, real),
        statistic,
        vectorized=True,
        n_resamples=_WAYS,
        batch=_BATCH,
        alternative="greater",
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def least_p_value(n_generated: int, n_real: int) -> float:
    """Return the smallest p-value that so many volumes can give."""
    return 1.0 / min(math.comb(n_generated + n_real, n_real), _WAYS + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted for their number, in the same order."""
    adjusted = [1.0] * len(p_values)
    worst = 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = worst
    return adjusted


def verdict(p_adjusted: float, least_p: float) -> bool | None:
    """Say whether chance explains what is seen; None where no outcome could have said otherwise."""
    return None if least_p > SIGNIFICANT else p_adjusted > SIGNIFICANT
