"""Labels: named continuous conditions, how the network sees them, and where it was trained.

A label outside the convex hull of the training labels is out of range: a network answers there
too, and nobody knows how wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator
from scipy.optimize import linprog

from experiments.errors import DesignFailed, Invalid
from experiments.frozen import Frozen
from experiments.observation import FailureKind

Vector = npt.NDArray[np.float64]

_SLACK: Final = 1e-6
"""How far outside, in half ranges, still counts as on the hull: rounding."""


class LabelSpace(Frozen):
    """The labels of a training set; empty where there is one image without any."""

    names: tuple[str, ...]
    points: tuple[tuple[float, ...], ...] = Field(min_length=1)
    """The training labels, one row a sample; their convex hull is the range."""

    @model_validator(mode="after")
    def _rows_fit_names(self) -> LabelSpace:
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"labels {', '.join(self.names)}: a name stands twice")
        for i, row in enumerate(self.points):
            if len(row) != len(self.names):
                raise ValueError(f"sample {i} has {len(row)} labels; there are {len(self.names)}")
        return self

    def vector(self, labels: Mapping[str, float]) -> Vector:
        """Return the labels centred and in half ranges. Raises ``Invalid`` for wrong names."""
        if set(labels) != set(self.names):
            raise Invalid(
                f"labels {', '.join(sorted(labels)) or 'none'}: this model wants "
                f"{', '.join(self.names) or 'none'}"
            )
        row: Vector = self._scaled(np.array([[labels[name] for name in self.names]]))[0]
        return row

    def vectors(self) -> Vector:
        """Return the training labels as the network sees them, `samples x labels`."""
        return self._scaled(np.array(self.points, dtype=np.float64).reshape(len(self.points), -1))

    def unscaled(self, vector: Vector) -> dict[str, float]:
        """Return the named labels of a network's vector."""
        middle, half = self._frame()
        return dict(zip(self.names, (middle + half * vector).tolist(), strict=True))

    def excess(self, labels: Mapping[str, float]) -> float:
        """Return how far outside the hull a label lies, in half ranges (largest of the axes)."""
        if not self.names:
            return 0.0
        target = self.vector(labels)
        corners = self.vectors()
        n, m = corners.shape
        # weights w ≥ 0 with Σw = 1 and |Σ w·corner − target| ≤ e on every axis; the least e
        over = np.hstack([corners.T, -np.ones((m, 1))])
        under = np.hstack([-corners.T, -np.ones((m, 1))])
        found = linprog(
            np.r_[np.zeros(n), 1.0],
            A_ub=np.vstack([over, under]),
            b_ub=np.r_[target, -target],
            A_eq=np.r_[np.ones(n), 0.0][None],
            b_eq=[1.0],
        )
        return max(float(found.fun), 0.0)

    def require_inside(self, labels: Mapping[str, float]) -> None:
        """Raise ``DesignFailed`` (out_of_range) where the network was not trained."""
        excess = self.excess(labels)
        if excess > _SLACK:
            asked = ", ".join(f"{name} {labels[name]:g}" for name in self.names)
            raise DesignFailed(
                f"{asked}: outside the labels this model was trained on by {excess:.2g} half "
                f"ranges ({self.ranges()}, and not every corner); the option "
                "allow_out_of_range: true asks for it all the same",
                kind=FailureKind.out_of_range,
                excess=excess,
            )

    def ranges(self) -> str:
        """Return the least and largest value of every label, in words."""
        points = np.array(self.points)
        return ", ".join(
            f"{name} {points[:, i].min():g} to {points[:, i].max():g}"
            for i, name in enumerate(self.names)
        )

    def _frame(self) -> tuple[Vector, Vector]:
        points = np.array(self.points, dtype=np.float64).reshape(len(self.points), -1)
        low, high = points.min(axis=0), points.max(axis=0)
        return (low + high) / 2.0, np.maximum((high - low) / 2.0, 1e-12)

    def _scaled(self, rows: Vector) -> Vector:
        middle, half = self._frame()
        scaled: Vector = (rows - middle) / half
        return scaled
