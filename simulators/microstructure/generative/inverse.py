"""Inverse design: ask for effective properties, get the labels and structures that have them.

Labels are searched inside the trained hull. A few volumes at labels spread over it give a quadratic
response of every wanted property's logarithm; the label whose response is nearest is measured on
volumes of its own, the response is fitted again with them, and so on for some rounds. What is
returned was measured on volumes that the search had not seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from experiments.errors import Invalid
from simulators.microstructure.generative.labels import LabelSpace
from simulators.microstructure.generative.metrics import Measured

_N_CANDIDATES: Final = 4000
"""Random labels of the hull that the response is asked at."""
_RIDGE: Final = 1e-4
"""Keeps the response's coefficients bounded where labels are few."""

Respond = Callable[[dict[str, float], int], Measured]
"""Measure one volume of these labels and this seed."""
Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """What the search came to."""

    labels: dict[str, float]
    wanted: dict[str, float]
    achieved: dict[str, float]
    """Mean over fresh volumes of the chosen labels."""
    scatter: dict[str, float]
    """Standard deviation over them."""

    @property
    def worst_miss(self) -> float:
        """Return the largest relative difference of achieved from wanted."""
        return max(abs(self.achieved[name] / value - 1.0) for name, value in self.wanted.items())


def design_for(
    wanted: Mapping[str, float],
    space: LabelSpace,
    respond: Respond,
    *,
    seed: int = 0,
    n_first: int = 20,
    n_rounds: int = 3,
    n_fresh: int = 4,
) -> Design:
    """Return labels inside the hull whose volumes come nearest to the wanted properties.

    Raises ``Invalid`` for a property that is not measured or not positive.
    """
    if not wanted or not space.names:
        raise Invalid("inverse design wants at least one property, and a model with labels")
    random = np.random.default_rng(seed)
    candidates = _inside(space, random, _N_CANDIDATES)
    rows = [*_inside(space, random, n_first)]
    values = [_logs(wanted, respond(space.unscaled(row), seed + i)) for i, row in enumerate(rows)]
    target = np.log([wanted[name] for name in wanted])
    for _ in range(n_rounds):
        predicted = _response(np.array(rows), np.array(values), candidates)
        best = candidates[np.argmin(((predicted - target) ** 2).sum(axis=1))]
        for _ in range(2):
            rows.append(best)
            values.append(_logs(wanted, respond(space.unscaled(best), seed + len(rows))))
    predicted = _response(np.array(rows), np.array(values), candidates)
    chosen = space.unscaled(candidates[np.argmin(((predicted - target) ** 2).sum(axis=1))])
    fresh = np.exp(
        [_logs(wanted, respond(chosen, seed + len(rows) + 1 + i)) for i in range(n_fresh)]
    )
    means, spreads = fresh.mean(axis=0), fresh.std(axis=0, ddof=1 if n_fresh > 1 else 0)
    return Design(
        labels=chosen,
        wanted=dict(wanted),
        achieved=dict(zip(wanted, means.tolist(), strict=True)),
        scatter=dict(zip(wanted, spreads.tolist(), strict=True)),
    )


def _inside(space: LabelSpace, random: np.random.Generator, n: int) -> Rows:
    """Return random labels of the hull: mixtures of a few training labels each."""
    corners = space.vectors()
    weights = random.dirichlet(np.full(len(corners), 0.3), size=n)
    mixed: Rows = weights @ corners
    return mixed


def _logs(wanted: Mapping[str, float], measured: Measured) -> list[float]:
    found = []
    for name, value in wanted.items():
        if name not in measured:
            raise Invalid(f"{name}: is not measured; allowed: {', '.join(sorted(measured))}")
        got = measured[name]
        if value <= 0.0:
            raise Invalid(f"{name}: wanted {value:g}; must be above 0")
        if got is None or got <= 0.0:
            raise Invalid(
                f"{name}: is not defined at some labels of the hull, so it has no response"
            )
        found.append(math.log(got))
    return found


def _response(rows: Rows, values: Rows, at: Rows) -> Rows:
    """Return the ridge-fitted quadratic response of the logarithms at other labels."""
    features = _quadratic(rows)
    gram = features.T @ features + _RIDGE * np.eye(features.shape[1])
    found: Rows = _quadratic(at) @ np.linalg.solve(gram, features.T @ values)
    return found


def _quadratic(rows: Rows) -> Rows:
    pairs = [rows[:, i] * rows[:, j] for i in range(rows.shape[1]) for j in range(i + 1)]
    return np.column_stack([np.ones(len(rows)), rows, *pairs])
