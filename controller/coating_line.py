"""What the coating line makes of what it is asked: learned from the builds of a campaign.

For each quantity the built value is the asked one times a factor (thickness, loading) or plus a
shift (porosity), the same for every coating but for scatter. Factor and shift are normal with known
scatter, conjugate to a prior around "as asked" (Gelman et al., Bayesian Data Analysis, 3rd ed.
2013, section 2.5); the scatter is pooled with an assumed one that counts as two builds, so that the
first build already moves the expectation and none makes it certain.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Final, Literal

from controller.as_built import as_built_recipe, loading_of
from controller.state import State
from experiments.build import BuildRequest
from experiments.frozen import Frozen

Quantity = Literal["thickness", "porosity", "loading"]
PRIOR_BIAS_SD: Final = {"thickness": 0.05, "porosity": 0.03, "loading": 0.05}
"""How far a line may be off on average before anybody measured: relative, porosity absolute.
Assumed."""
PRIOR_SCATTER: Final = {"thickness": 0.03, "porosity": 0.015, "loading": 0.03}
"""Between coatings of one recipe: relative, porosity absolute. Assumed."""
PRIOR_COUNT: Final = 2.0
"""Builds that the assumed scatter counts as."""


class LineBias(Frozen):
    """What the line makes of one quantity."""

    quantity: Quantity
    n: int
    """Builds it was measured on."""
    bias: float
    """Built over asked less 1; of porosity, built less asked."""
    bias_sd: float
    """How well that is known."""
    scatter: float
    """From coating to coating, a standard deviation in the same unit."""

    @property
    def sd(self) -> float:
        """Return the standard deviation of the next coating."""
        return math.hypot(self.bias_sd, self.scatter)

    def expected(self, asked: float) -> tuple[float, float]:
        """Return what will probably come out where so much is asked, with its sd."""
        if self.quantity == "porosity":
            return asked + self.bias, self.sd
        return asked * (1.0 + self.bias), asked * self.sd

    def to_get(self, wanted: float) -> float:
        """Return what to ask for so that so much is expected."""
        return wanted - self.bias if self.quantity == "porosity" else wanted / (1.0 + self.bias)


def coating_line(state: State) -> tuple[LineBias, ...]:
    """Return what is known of the line, of every quantity that was measured at least once."""
    found: dict[Quantity, list[float]] = {"thickness": [], "porosity": [], "loading": []}
    for build in state.builds.values():
        if build.stage != "measured":
            continue
        asked, built = build.payload.request.recipe, build.as_built
        if built.thickness_m is not None:
            found["thickness"].append(built.thickness_m / asked.positive.thickness_m - 1.0)
        if built.loading_kg_per_m2 is not None:
            found["loading"].append(built.loading_kg_per_m2 / loading_of(asked) - 1.0)
        with contextlib.suppress(ValueError):  # an earlier version let in what makes no coating
            made = as_built_recipe(asked, built).positive
            if built.porosity is not None or made.porosity != asked.positive.porosity:
                found["porosity"].append(made.porosity - asked.positive.porosity)
    return tuple(learned(name, values) for name, values in found.items() if values)


def learned(quantity: Quantity, deviations: Sequence[float]) -> LineBias:
    """Return what deviations from the asked value teach about a quantity."""
    n, mean = len(deviations), fmean(deviations)
    squares = math.fsum((one - mean) ** 2 for one in deviations)
    prior = PRIOR_COUNT * PRIOR_SCATTER[quantity] ** 2
    scatter = math.sqrt((prior + squares) / (PRIOR_COUNT + n - 1))
    precision = n / scatter**2 + 1.0 / PRIOR_BIAS_SD[quantity] ** 2
    return LineBias(
        quantity=quantity,
        n=n,
        bias=n * mean / scatter**2 / precision,
        bias_sd=1.0 / math.sqrt(precision),
        scatter=scatter,
    )


def line_words(state: State, request: BuildRequest) -> Iterator[str]:
    """Say what will probably come out of a request, and what to ask for to get it as designed."""
    positive = request.recipe.positive
    asked = {
        "thickness": (positive.thickness_m, 1e6, "µm"),
        "porosity": (positive.porosity, 100.0, "%"),
        "loading": (loading_of(request.recipe), 100.0, "mg/cm²"),
    }
    for one in coating_line(state):
        value, factor, unit = asked[one.quantity]
        mean, sd = one.expected(value)
        text = (
            f"{one.quantity} {factor * mean:.3g} ± {factor * 1.96 * sd:.2g} {unit} where "
            f"{factor * value:.3g} {unit} is asked (95%, from {one.n} "
            f"{'build' if one.n == 1 else 'builds'})"
        )
        if one.quantity != "loading" and abs(one.bias) > 2.0 * one.bias_sd:
            text += f"; to get it, ask for {factor * one.to_get(value):.3g} {unit}"
        yield text
