"""A stage about to run: its function, its arguments, and the key its result is kept under."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.observed_metrics import FEW_VOLUMES
from agents.stage_cache import stage_key
from agents.stage_results import CellRequest
from agents.stages import (
    CHARACTERIZE,
    EVALUATE,
    GENERATE,
    LOOP_AXES,
    READ,
    TOLERANCE,
    characterize,
    evaluate,
    generate,
    read,
)
from experiments.baseline import ImageBaseline
from experiments.campaign import Campaign
from experiments.fidelity import Fidelity
from experiments.frozen import content_hash
from experiments.generation import VolumeRequest
from experiments.job import Job
from experiments.metrics import METRICS
from experiments.properties import EffectiveProperties
from experiments.recipe import ElectrodeRecipe, Recipe


@dataclass(frozen=True)
class StageCall:
    """One call; equal keys give equal results."""

    name: str
    """Unique within the job, e.g. ``generate 1``."""
    stage: str
    version: str
    key: str
    function: Callable[..., Any] = field(repr=False)
    arguments: tuple[Any, ...] = field(repr=False)


class StageCalls:
    """Makes the calls of one campaign's jobs, each keyed by no more than it depends on."""

    def __init__(self, campaign: Campaign, versions: Mapping[str, str]) -> None:
        self._campaign = campaign
        self._versions = versions

    def generate(
        self, job: Job, recipe: ElectrodeRecipe, fidelity: Fidelity, index: int
    ) -> StageCall:
        """Return the call that makes one random volume.

        A volume is cut from the coating, and where nothing differs through the thickness, that is
        none of its business: the request then carries the volume's own height instead.
        """
        if not is_graded(recipe):
            height_m = min(max(fidelity.voxels * fidelity.voxel_size_m, 1.1e-6), 0.99e-3)
            recipe = recipe.model_copy(update={"thickness_m": height_m})
        request = VolumeRequest(
            recipe=recipe,
            shape=(fidelity.voxels,) * 3,
            voxel_size_m=fidelity.voxel_size_m,
            seed=volume_seed(job, index),
            options=self._campaign.generator.options,
        )
        return self._call(
            GENERATE,
            f"{GENERATE} {index}",
            inputs=request.model_dump(mode="json"),
            function=generate,
            arguments=(self._campaign.generator, request),
        )

    def read(self, baseline: ImageBaseline) -> StageCall:
        """Return the call that reads an image; its key rests on the hash the campaign names."""
        sha256 = baseline.image_sha256
        size_m = baseline.voxel_size_um * 1e-6
        return self._call(
            READ,
            f"{READ} 0",
            inputs={"sha256": sha256, "labels": baseline.labels, "voxel_size_m": size_m},
            function=read,
            arguments=(baseline.image, sha256, baseline.labels, size_m),
        )

    def characterize(
        self, source: StageCall, index: int, *, n_volumes: int, by_depth: bool = False
    ) -> StageCall:
        """Return the call that measures a volume; voxels and record are put in front later.

        ``by_depth`` adds the profiles through the thickness, for a coating that has such. Of few
        volumes, the scatter between parts of each is measured too: it gives their noise.
        """
        is_one_of_few = n_volumes < FEW_VOLUMES
        physics = self._campaign.physics
        return self._call(
            CHARACTERIZE,
            f"{CHARACTERIZE} {index}",
            inputs={
                "source": source.key,
                "physics": physics.model_dump(mode="json"),
                "axes": LOOP_AXES,
                "tolerance": TOLERANCE,
                **({"by_depth": True} if by_depth else {}),
                **({"is_one_of_few": True} if is_one_of_few else {}),
            },
            function=characterize,
            arguments=(physics, by_depth, is_one_of_few),
        )

    def evaluate(
        self,
        recipe: Recipe,
        fidelity: Fidelity,
        measured: Sequence[tuple[StageCall, EffectiveProperties]],
        power_W: float | None,
    ) -> StageCall:
        """Return the call that discharges the cell; its key names the volumes by their keys."""
        request = CellRequest(
            cell=self._campaign.cell,
            recipe=recipe,
            volumes=tuple(properties for _, properties in measured),
            power_W=power_W,
            model=fidelity.model,
            mesh_points=fidelity.mesh_points,
            physics=self._campaign.physics,
            wanted=self._wanted(power_W),
            with_charge=fidelity.name == self._campaign.charged_level and self._is_first(power_W),
        )
        return self._call(
            EVALUATE,
            EVALUATE if power_W is None else f"{EVALUATE} {power_W:g} W",
            inputs={
                **request.model_dump(mode="json", exclude={"volumes"}),
                "volumes": [call.key for call, _ in measured],
            },
            function=evaluate,
            arguments=(request,),
        )

    def _wanted(self, power_W: float | None) -> tuple[str, ...]:
        """Return the extra metrics of one call; what depends on no power is asked for once."""
        is_first = self._is_first(power_W)
        return tuple(
            name for name in self._campaign.wanted if is_first or METRICS[name].needs_power
        )

    def _is_first(self, power_W: float | None) -> bool:
        powers_W = self._campaign.powers_W
        return not powers_W or power_W == powers_W[0]

    def _call(
        self,
        stage: str,
        name: str,
        *,
        inputs: Mapping[str, object],
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
    ) -> StageCall:
        version = self._versions[stage]
        key = stage_key(stage, version, inputs)
        return StageCall(name, stage, version, key, function, arguments)


def is_graded(recipe: ElectrodeRecipe) -> bool:
    """Say whether the coating differs through its thickness."""
    return recipe.architecture is not None or recipe.drying_rate_kg_per_m2_s > 0.0


def volume_seed(job: Job, index: int) -> int:
    """Return the seed of one of the job's random volumes."""
    return int(content_hash({"seed": job.seed, "volume": index})[:12], 16)
