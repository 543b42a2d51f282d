"""Closed forms that stand for the stages in a rehearsal. Nothing they give is a result.

They have a cell's manner (an optimum inside, scatter between volumes, designs that fail) and cost
microseconds; only the times they take on the simulated workers are of interest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any, Final

from agents import stages
from agents.executor import Kept
from agents.stage_results import CellRequest, CellResult, VolumePerformance
from controller.budget import relative_cost
from experiments.baseline import ImageBaseline
from experiments.campaign import Campaign, Constraint
from experiments.errors import Invalid
from experiments.generation import VolumeRequest
from experiments.microstructure import Microstructure
from experiments.observation import Failure, FailureKind
from experiments.performance import CellPerformance
from experiments.properties import AxisTransport, EffectiveProperties
from experiments.recipe import Recipe

GENERATOR: Final = "rehearsal"
_FACTOR: Final = "rehearsal_factor"
_SHARES: Final = {stages.GENERATE: 0.2, stages.READ: 0.05, stages.CHARACTERIZE: 0.7}
"""Of a job's time; the cell takes the rest (assumed, near what the built-in campaigns show)."""
_CELL_SHARE: Final = 0.1
_POROSITY: Final = 0.33


class StandIns:
    """One campaign's stages: what they give, and how long they take on a simulated worker."""

    def __init__(
        self, campaign: Campaign, *, job_s: float, spread: float, failing: float, random: Random
    ) -> None:
        self._campaign = campaign
        self._random = random
        self._spread = spread
        self._failing = failing
        cost = relative_cost(campaign, {})
        self._volume_s = {
            level.voxels: job_s * cost[level.name] / level.volumes for level in campaign.simulated
        }
        self._longest_s = max(self._volume_s.values())
        self._n_powers = max(1, len(campaign.powers_W))

    def duration_s(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
        """Return how long a stage call takes; the steps of one volume are slow or fast together."""
        if function is stages.characterize:
            record: Microstructure = arguments[1]
            factor, voxels = record.statistics[_FACTOR], record.shape[0]
            share = _SHARES[stages.CHARACTERIZE]
        elif function is stages.evaluate:
            request: CellRequest = arguments[0]
            factor, voxels = self._draw_factor(), request.volumes[0].shape[0]
            share = _CELL_SHARE / self._n_powers * len(request.volumes)
        elif function is stages.generate:
            wanted: VolumeRequest = arguments[1]
            factor = Random(wanted.seed).random()
            factor, voxels = self._factor(factor), wanted.shape[0]
            share = _SHARES[stages.GENERATE]
        else:
            factor, voxels, share = 1.0, 0, _SHARES[stages.READ]
        return self._volume_s.get(voxels, self._longest_s) * share * factor

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Return what a stage gives."""
        if function is stages.stage_versions:
            names = (stages.GENERATE, stages.READ, stages.CHARACTERIZE, stages.EVALUATE)
            return dict.fromkeys(names, GENERATOR)
        if function is stages.generate:
            return self._volume(arguments[1].shape, arguments[1].seed)
        if function is stages.read:
            return self._volume((64, 64, 64), 0)
        if function is stages.characterize:
            return _properties(arguments[1])
        if function is stages.evaluate:
            return self._cell(arguments[0])
        return None

    def _volume(self, shape: tuple[int, int, int], seed: int) -> Kept:
        record = Microstructure(
            shape=shape,
            voxel_size_m=(1e-6, 1e-6, 1e-6),
            volume_fraction={"pore": _POROSITY, "active": 0.55, "binder": 0.12},
            generator=GENERATOR,
            generator_version="1",
            seed=seed,
            statistics={_FACTOR: self._factor(Random(seed).random())},
        )
        return Kept(value=record, large=seed.to_bytes(8, "big"))

    def _cell(self, request: CellRequest) -> CellResult:
        mean = request.volumes[0].model_copy(update={"n_volumes": len(request.volumes)})
        if self._random.random() < self._failing:
            failure = Failure(kind=FailureKind.not_percolating, message="as rehearsed")
            return CellResult(mean=mean, failure=failure)
        scatter = [self._random.gauss(0.0, 0.004) for _ in request.volumes]
        center = sum(scatter) / len(scatter)
        return CellResult(
            mean=mean,
            at_mean=CellPerformance(
                metrics=self._metrics(request, 1.0 + center), termination="as rehearsed"
            ),
            by_volume=tuple(
                VolumePerformance(metrics=self._metrics(request, 1.0 + one)) for one in scatter
            ),
        )

    def _metrics(self, request: CellRequest, factor: float) -> dict[str, float]:
        """Return every metric the campaign names; constraints are met by most designs."""
        merit = _merit(request.recipe) * factor
        found = {objective.metric: 200.0 * merit for objective in self._campaign.objectives}
        for constraint in self._campaign.constraints:
            found[constraint.metric] = _within(constraint) * (2.0 - merit)
        return found

    def _draw_factor(self) -> float:
        return self._factor(self._random.random())

    def _factor(self, u: float) -> float:
        """Return a time over the mean time, log-uniform between bounds ``spread`` apart."""
        if self._spread <= 1.0:
            return 1.0
        mean = (self._spread - 1.0) / math.log(self._spread)
        return float(self._spread**u / mean)


def refuse_unrehearsable(campaign: Campaign) -> None:
    """Raise ``Invalid`` for a campaign from an image: no recipe can be made up for that."""
    if isinstance(campaign.baseline, ImageBaseline):
        raise Invalid(
            "baseline: image: cannot be rehearsed; rehearse the campaign without a baseline, or "
            "with a recipe's"
        )


def _merit(recipe: Recipe) -> float:
    """Return 1 at an optimum in the middle of what is usual, less around it."""
    positive = recipe.positive
    thickness = positive.thickness_m * 1e6
    return 1.0 - (positive.porosity - _POROSITY) ** 2 - (thickness - 80.0) ** 2 / 2e4


def _within(constraint: Constraint) -> float:
    if constraint.max is not None:
        return 0.9 * constraint.max
    return 1.1 * (constraint.min or 1.0)


def _properties(record: Microstructure) -> EffectiveProperties:
    tau = 2.0
    through = _POROSITY / tau
    transport = AxisTransport(relative=through, lower=through, upper=through, tortuosity_factor=tau)
    return EffectiveProperties(
        shape=record.shape,
        voxel_size_m=record.voxel_size_m,
        volume_fraction=dict(record.volume_fraction),
        percolating_fraction={name: {"0": 1.0} for name in record.volume_fraction},
        pore_transport={"0": transport},
        solid_transport={"0": transport},
        interface_area_per_m={"pore-active": 3e5},
    )
