"""What a chain came to, as an observation: metrics or a failure, with its whole origin."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.artifact_store import ArtifactStore
from agents.observed_metrics import observed_metrics
from agents.stage_results import CellResult
from agents.volume import Volume
from experiments.job import Job
from experiments.observation import (
    Artifact,
    Failure,
    FailureKind,
    Observation,
    Provenance,
    StageRecord,
)
from experiments.performance import VolumeCurves
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe


@dataclass(frozen=True)
class Outcome:
    """Everything a chain knows at its end."""

    job: Job
    recipe: Recipe | None
    volumes: Sequence[Volume]
    results: Mapping[float | None, CellResult]
    """By power, the campaign's first one first."""
    records: tuple[StageRecord, ...]
    failure: Failure | None
    unfinished_s: float

    @property
    def mean(self) -> EffectiveProperties | None:
        """Return the mean properties of the volumes, where they are known."""
        return next((result.mean for result in self.results.values()), None)


def observe(
    outcome: Outcome,
    store: ArtifactStore,
    *,
    started_at: str,
    finished_at: str,
    versions: Mapping[str, str],
) -> Observation:
    """Return the observation, its artifacts written."""
    first = next((result.at_mean for result in outcome.results.values()), None)
    measured = [volume.properties for volume in outcome.volumes if volume.properties]
    is_failed = outcome.failure is not None
    return Observation(
        job=outcome.job,
        recipe=outcome.recipe,
        metrics={} if is_failed else observed_metrics(outcome.results, measured),
        properties=outcome.mean,
        termination=first.termination if first is not None and not is_failed else None,
        flags=() if is_failed else tuple(_flags(outcome)),
        failure=outcome.failure,
        provenance=Provenance(
            stages=outcome.records,
            versions=dict(versions),
            artifacts=_artifacts(outcome, store),
            fallbacks=tuple(_fallbacks(outcome)),
            started_at=started_at,
            finished_at=finished_at,
            busy_s=outcome.unfinished_s + sum(record.elapsed_s for record in outcome.records),
        ),
    )


def _artifacts(outcome: Outcome, store: ArtifactStore) -> dict[str, Artifact]:
    """Name the volumes' voxels, and write the mean properties and the curves."""
    artifacts: dict[str, Artifact] = {}
    for index, volume in enumerate(outcome.volumes):
        if volume.record is not None and volume.record.artifact is not None:
            name = "voxels" if index == 0 else f"voxels@{index}"
            artifacts[name] = volume.record.artifact
    if outcome.mean is not None:
        artifacts["properties"] = store.write(outcome.mean.model_dump_json().encode(), ".json")
    for index, (power_W, result) in enumerate(outcome.results.items()):
        curve = result.at_mean.curve if result.at_mean is not None else None
        if curve is not None:
            name = "curve" if index == 0 else f"curve@{power_W:g}W"
            artifacts[name] = store.write(curve.model_dump_json().encode(), ".json")
        profiles = result.at_mean.profiles if result.at_mean is not None else None
        if index == 0 and profiles is not None:
            artifacts["profiles"] = store.write(profiles.model_dump_json().encode(), ".json")
        charge = result.at_mean.charge if result.at_mean is not None else None
        if charge is not None:
            artifacts["charge"] = store.write(charge.model_dump_json().encode(), ".json")
        volumes = _volume_curves(result)
        if index == 0 and volumes is not None:
            artifacts["volume-curves"] = store.write(volumes.model_dump_json().encode(), ".json")
    if outcome.failure is not None and outcome.failure.evidence:
        text = json.dumps(outcome.failure.evidence, indent=1, sort_keys=True)
        artifacts["reproducer"] = store.write(text.encode(), ".json")
    return artifacts


def _volume_curves(result: CellResult) -> VolumeCurves | None:
    """Return the curves of the single volumes, or nothing where they show no scatter."""
    of_volumes = result.by_volume
    found = VolumeCurves(
        discharges=tuple(one.curve for one in of_volumes if one.curve is not None),
        charges=tuple(one.charge for one in of_volumes if one.charge is not None),
    )
    return found if max(len(found.discharges), len(found.charges)) > 1 else None


def _flags(outcome: Outcome) -> list[str]:
    """Return what to know before believing the results: of the structure, then of the cell.

    What the cell model says carries the power where there are several.
    """
    beyond = [
        text
        for volume in outcome.volumes
        if volume.record is not None
        for text in volume.record.fallbacks
        if text.startswith(f"{FailureKind.out_of_range.value}: ")
    ]
    return [*dict.fromkeys(beyond)] + [
        flag if len(outcome.results) == 1 or power_W is None else f"{flag} at {power_W:g} W"
        for power_W, result in outcome.results.items()
        if result.at_mean is not None
        for flag in result.at_mean.flags
    ]


def _fallbacks(outcome: Outcome) -> list[str]:
    """Return every place where a second-best method was used, and every sample left out."""
    found: list[str] = []
    for index, volume in enumerate(outcome.volumes):
        if volume.record is not None:
            found += [f"volume {index}: {text}" for text in volume.record.fallbacks]
    for result in outcome.results.values():
        if result.at_mean is not None:
            found += result.at_mean.fallbacks
        found += [
            f"no sample of volume {index}: {sample.failure}"
            for index, sample in enumerate(result.by_volume)
            if sample.failure
        ]
    return found
