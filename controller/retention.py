"""Which voxels a campaign keeps: a pure rule, enforced against the disk budget of its file.

Kept are those of the best and the Pareto-optimal results, of the designs recommended, of failures,
of the baseline, of designs under way, and whatever no seed can make again (images, real cells). The
rest goes oldest first. What goes is an event before it is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from controller.events import Observed, Recorded, VoxelsDropped
from controller.results import measured_best, pareto
from controller.state import State
from experiments.observation import Artifact, Observation

VOXELS: Final = "voxels"
_LEFT: Final = 0.9
"""Share of the budget that is filled after a deletion, so that not every result deletes one more
(assumed)."""


def voxels_to_drop(state: State) -> VoxelsDropped | None:
    """Return what must be deleted to keep within the disk budget, None where nothing must."""
    limit = state.campaign.storage.max_bytes
    excess = 0.0 if limit is None else state.stored.total_bytes - limit
    if limit is None or excess <= 0:
        return None
    excess += (1 - _LEFT) * limit
    kept = {one.sha256 for found in _keepers(state) for one in voxels_of(found)}
    chosen: dict[str, Artifact] = {}
    for observation in state.observations.values():
        for artifact in voxels_of(observation):
            if excess <= 0:
                break
            gone = artifact.sha256 in chosen or artifact.sha256 in state.stored.dropped
            if not gone and artifact.sha256 not in kept:
                chosen[artifact.sha256] = artifact
                excess -= artifact.size_bytes
    if not chosen:
        return None
    return VoxelsDropped(
        artifacts=tuple(chosen.values()),
        size_bytes=sum(one.size_bytes for one in chosen.values()),
    )


def voxels_of(observation: Observation) -> Iterator[Artifact]:
    """Yield the voxels of an observation's volumes."""
    for name, artifact in observation.provenance.artifacts.items():
        if name == VOXELS or name.startswith(f"{VOXELS}@"):
            yield artifact


def dropped_voxels(state: State) -> tuple[Artifact, ...]:
    """Return what is to be gone; a control that was killed may not have come to deleting it."""
    if not state.stored.dropped:
        return ()
    return tuple(
        artifact
        for observation in state.observations.values()
        for artifact in voxels_of(observation)
        if artifact.sha256 in state.stored.dropped
    )


def dropped_hashes(events: Iterable[Recorded]) -> frozenset[str]:
    """Return the hashes of what a campaign deleted and did not write again."""
    dropped: set[str] = set()
    for recorded in events:
        if isinstance(recorded.event, VoxelsDropped):
            dropped |= {one.sha256 for one in recorded.event.artifacts}
        elif isinstance(recorded.event, Observed):
            written = recorded.event.observation.provenance.artifacts.values()
            dropped -= {one.sha256 for one in written}
    return frozenset(dropped)


def _keepers(state: State) -> Iterator[Observation]:
    """Yield the observations whose voxels stay."""
    for level in state.campaign.fidelities:
        best = measured_best(state, level.name)
        if best is not None:
            yield best
    yield from pareto(state)
    under_way = {job.design.key for job in state.in_flight.values()}
    if state.recommended is not None:
        under_way.add(state.recommended.design.key)
    for observation in state.observations.values():
        stages = {record.stage for record in observation.provenance.stages}
        if (
            observation.is_failed
            or observation.job.purpose == "baseline"
            or "generate" not in stages
            or observation.job.design.key in under_way
        ):
            yield observation
