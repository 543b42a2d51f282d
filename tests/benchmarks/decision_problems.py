"""The problems deciders are judged on: levels with costs, noise, constraints, and a known optimum.

Everything a decider sees is a campaign over the unit cube; metric names are borrowed from the
vocabulary (``FIRST``, ``SECOND``), since a campaign may only name metrics it knows.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from experiments.budget import Budget
from experiments.campaign import Campaign, Constraint, Objective
from experiments.design import Design
from experiments.design_space import Continuous, DesignSpace
from experiments.fidelity import Fidelity
from experiments.job import Job
from experiments.observation import Metric, Observation, Provenance
from tests.benchmarks.decision_functions import (
    best_gardner,
    borehole,
    branin,
    currin,
    gardner_constraint,
    gardner_objective,
    hartmann6,
)
from tests.benchmarks.decision_tables import COST_RATIO, Electrode, read_electrodes

FIRST = "specific_energy_Wh_per_kg"
SECOND = "duration_s"
TARGET = "target"
CHEAP = "cheap"
Truth = Callable[[np.ndarray], float]


@dataclass(frozen=True)
class Problem:
    """A problem with a noise-free truth; everything is maximised.

    ``truths`` maps level → metric → function of a unit-cube point. ``best`` is the largest value of
    the first metric at the target (with constraints kept), or of the dominated hypervolume.
    """

    name: str
    n_dim: int
    truths: dict[str, dict[str, Truth]]
    best: float
    noise_sd: dict[str, float]
    """Metric → standard deviation of one observation at the target, and elsewhere unless said."""
    budget: float
    """Target equivalents."""
    cost: dict[str, float] = field(default_factory=lambda: {TARGET: 1.0})
    at_most: float | None = None
    """Limit on the second metric."""
    reference: tuple[float, float] | None = None
    """Reference point: two objectives."""
    rivals: tuple[str, ...] = ("sobol", "random")
    noise_sd_at: dict[str, float] = field(default_factory=dict)
    """Level → standard deviation of every metric there, where it is not the target's."""

    @property
    def is_multi_fidelity(self) -> bool:
        """Say whether there is a cheap level."""
        return len(self.cost) > 1

    def campaign(self, seed: int, *, target_only: bool = False) -> Campaign:
        """Return the campaign of one repetition."""
        levels = [name for name in self.cost if name == TARGET or not target_only]
        objectives = [Objective(name="first", metric=FIRST, sense="maximize", at_power_W=1.0)]
        if self.reference is not None:
            objectives = [
                objectives[0].model_copy(update={"reference": self.reference[0]}),
                Objective(
                    name="second",
                    metric=SECOND,
                    sense="maximize",
                    at_power_W=1.0,
                    reference=self.reference[1],
                ),
            ]
        constraints = ()
        if self.at_most is not None:
            constraints = (Constraint(metric=SECOND, max=self.at_most, at_power_W=1.0),)
        return Campaign(
            name=self.name,
            design=DesignSpace(
                parameters=tuple(
                    Continuous(name=f"x{i}", low=0.0, high=1.0) for i in range(self.n_dim)
                )
            ),
            objectives=tuple(objectives),
            constraints=constraints,
            fidelities=tuple(
                Fidelity(
                    name=name,
                    voxels=96 if name == TARGET else 64,
                    voxel_size_um=0.4 if name == TARGET else 0.6,
                    cost=self.cost[name],
                )
                for name in levels
            ),
            target=TARGET,
            budget=Budget(fine_equivalents=self.budget),
            seed=seed,
        )

    def observe(self, job: Job) -> Observation:
        """Return a noisy observation; its noise follows from the job's seed alone."""
        x = unit_point(job.design)
        digest = hashlib.sha256(str(job.seed).encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        metrics = {
            metric: Metric(
                value=truth(x)
                + self.noise_sd_at.get(job.fidelity, self.noise_sd[metric]) * rng.standard_normal()
            )
            for metric, truth in self.truths[job.fidelity].items()
        }
        cost = self.cost[job.fidelity]
        return Observation(job=job, metrics=metrics, provenance=Provenance(busy_s=cost))

    def regret(self, x: np.ndarray | None, evaluated: list[np.ndarray]) -> float:
        """Return what a recommendation leaves on the table, noise-free at the target.

        With two objectives: the missing hypervolume of everything evaluated at the target. A
        recommendation that breaks a constraint is worth the worst feasible value seen.
        """
        at_target = self.truths[TARGET]
        if self.reference is not None:
            points = [(at_target[FIRST](p), at_target[SECOND](p)) for p in evaluated]
            return self.best - dominated_area(points, self.reference)
        if x is None:
            return self.best - min((at_target[FIRST](p) for p in evaluated), default=0.0)
        if self.at_most is not None and at_target[SECOND](x) > self.at_most:
            return self.best - min(at_target[FIRST](p) for p in [*evaluated, x])
        return self.best - at_target[FIRST](x)


def unit_point(design: Design) -> np.ndarray:
    """Return a design's unit-cube point."""
    return np.array([float(design.values[f"x{i}"]) for i in range(len(design.values))])


def dominated_area(points: list[tuple[float, float]], reference: tuple[float, float]) -> float:
    """Return the area two maximised objectives dominate above a reference."""
    area, height = 0.0, reference[1]
    for first, second in sorted(points, reverse=True):
        if first > reference[0] and second > height:
            area += (first - reference[0]) * (second - height)
            height = second
    return area


def problems() -> dict[str, Problem]:
    """Return all problems by name."""
    single = ("sobol", "random", "optuna", "ax", "baybe", "bofire", "botorch_surrogate")
    multi = ("sobol", "random", "bofire", "botorch_surrogate")
    found = [
        Problem(
            name="hartmann6",
            n_dim=6,
            truths={TARGET: {FIRST: hartmann6}},
            best=3.32237,
            noise_sd={FIRST: 0.02},
            budget=60,
            rivals=single,
        ),
        Problem(
            name="branin",
            n_dim=2,
            truths={TARGET: {FIRST: branin}},
            best=-0.397887,
            noise_sd={FIRST: 0.5},
            budget=30,
            rivals=single,
        ),
        Problem(
            name="gardner",
            n_dim=2,
            truths={TARGET: {FIRST: gardner_objective, SECOND: gardner_constraint}},
            best=best_gardner(),
            noise_sd={FIRST: 0.02, SECOND: 0.02},
            budget=40,
            at_most=0.5,
            rivals=("sobol", "random", "optuna", "ax", "bofire"),
        ),
        Problem(
            name="branin_currin",
            n_dim=2,
            truths={TARGET: {FIRST: branin, SECOND: currin}},
            best=59.36011874867746,
            noise_sd={FIRST: 0.5, SECOND: 0.05},
            budget=40,
            reference=(-18.0, -6.0),
            rivals=("sobol", "random", "optuna", "ax", "baybe", "bofire"),
        ),
    ]
    for ratio in (10, 3):
        cost = {TARGET: 1.0, CHEAP: 1.0 / ratio}
        found += [
            Problem(
                name=f"augmented_hartmann_1_{ratio}",
                n_dim=6,
                truths={
                    TARGET: {FIRST: hartmann6},
                    CHEAP: {FIRST: lambda x: hartmann6(x, first_weight=0.0)},
                },
                best=3.32237,
                noise_sd={FIRST: 0.02},
                budget=40,
                cost=cost,
                rivals=multi,
            ),
            Problem(
                name=f"augmented_branin_1_{ratio}",
                n_dim=2,
                truths={
                    TARGET: {FIRST: branin},
                    CHEAP: {FIRST: lambda x: branin(x, weight=0.5)},
                },
                best=-0.397887,
                noise_sd={FIRST: 0.5},
                budget=20,
                cost=cost,
                rivals=multi,
            ),
            Problem(
                name=f"borehole_1_{ratio}",
                n_dim=8,
                truths={
                    TARGET: {FIRST: borehole},
                    CHEAP: {FIRST: lambda x: borehole(x, is_cheap=True)},
                },
                best=borehole(np.array([1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0])),
                noise_sd={FIRST: 1.0},
                budget=30,
                cost=cost,
                rivals=multi,
            ),
        ]
    found.append(
        Problem(
            name="adversarial_branin_1_10",
            n_dim=2,
            truths={
                TARGET: {FIRST: branin},
                CHEAP: {FIRST: lambda x: -branin(x) + 30.0 * math.sin(9.0 * x[0])},
            },
            best=-0.397887,
            noise_sd={FIRST: 0.5},
            budget=20,
            cost={TARGET: 1.0, CHEAP: 0.1},
            rivals=multi,
        )
    )
    found += [_electrode(e, single if e.cheap is None else multi) for e in read_electrodes()]
    return {problem.name: problem for problem in found}


def _electrode(electrode: Electrode, rivals: tuple[str, ...]) -> Problem:
    """Return a whole-cell problem over active material, porosity and thickness."""
    truths: dict[str, dict[str, Truth]] = {TARGET: {FIRST: electrode.target}}
    cost = {TARGET: 1.0}
    if electrode.cheap is not None:
        truths[CHEAP] = {FIRST: electrode.cheap}
        cost[CHEAP] = 1.0 / COST_RATIO
    return Problem(
        name=electrode.name,
        n_dim=3,
        truths=truths,
        best=electrode.best,
        noise_sd={FIRST: electrode.noise_sd},
        noise_sd_at={} if electrode.cheap is None else {CHEAP: electrode.cheap_noise_sd},
        budget=30,
        cost=cost,
        rivals=rivals,
    )
