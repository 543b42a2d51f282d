"""The stages as workers run them: thin wrappers around the simulators' pure functions.

Science is imported when a stage runs, so that naming a stage costs nothing.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module, metadata
from typing import Final

from agents.executor import Kept
from agents.stage_results import CellRequest, CellResult, VolumePerformance
from agents.voxel_file import pack, unpack
from agents.wiring import generator
from agents.worker_environment import device, n_threads
from experiments.campaign import PartChoice
from experiments.errors import DesignFailed, Invalid
from experiments.generation import VolumeRequest
from experiments.image_hash import image_sha256
from experiments.microstructure import Microstructure
from experiments.observation import Failure, FailureKind
from experiments.performance import CellPerformance
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from simulators.microstructure.voxels import Voxels

GENERATE: Final = "generate"
READ: Final = "read"
CHARACTERIZE: Final = "characterize"
EVALUATE: Final = "evaluate"

WRAPPER_VERSION: Final = "1"
"""Raised whenever a function below gives other results from the same simulators."""
LOOP_AXES: Final = (0,)
TOLERANCE: Final = 1e-3
"""Certified relative width of every transport value; far below the scatter between volumes."""


def stage_versions(choice: PartChoice) -> dict[str, str]:
    """Return the versions of the stages, as the code of this process has them."""
    made = generator(choice)
    properties = import_module("simulators.properties.characterize")
    cell = import_module("simulators.cell.evaluate")
    reader = import_module("simulators.microstructure.image_file")
    return {
        GENERATE: f"{WRAPPER_VERSION}+{made.name}-{made.version}",
        READ: f"{WRAPPER_VERSION}+image-{reader.VERSION}+tifffile-{metadata.version('tifffile')}",
        CHARACTERIZE: f"{WRAPPER_VERSION}+{properties.VERSION}",
        EVALUATE: f"{WRAPPER_VERSION}+{cell.VERSION}+pybamm-{metadata.version('pybamm')}",
    }


def warm_up() -> None:
    """Import what the stages would import when they first run, seconds' worth of it."""
    for module in ("simulators.properties.characterize", "simulators.cell.discharge"):
        import_module(module)


def generate(choice: PartChoice, request: VolumeRequest) -> Kept:
    """Return the record of one random volume, and apart from it the packed voxels."""
    made = generator(choice)
    voxels = made.generate(request)
    record = _record(voxels, name=made.name, version=made.version, seed=request.seed)
    return Kept(value=record, large=pack(voxels))


def read(path: str, sha256: str, labels: dict[str, int] | None, voxel_size_m: float) -> Kept:
    """Return the record of an image, and apart from it the packed voxels.

    Raises ``Invalid`` where it cannot be used, or is not the one the campaign was started with.
    """
    from simulators.microstructure.image_file import read_labels

    try:
        found = image_sha256(path)
    except OSError as error:
        raise Invalid(f"baseline image {path}: {error.strerror or error}") from error
    if found != sha256:
        raise Invalid(
            f"baseline image {path}: it changed since the campaign file was read (sha256 "
            f"{found[:12]}…, was {sha256[:12]}…)"
        )
    voxels = read_labels(path, labels, voxel_size_m)
    record = _record(voxels, name="image", version=sha256, seed=None)
    return Kept(value=record, large=pack(voxels))


def characterize(
    packed: bytes,
    record: Microstructure,
    physics: Physics,
    by_depth: bool = False,
    is_one_of_few: bool = False,
) -> EffectiveProperties:
    """Return what the loop needs to know of a volume; phases that do not percolate included.

    ``by_depth`` adds the profiles through the thickness, ``is_one_of_few`` how far single volumes
    scatter, which few of them do not show.
    """
    from simulators.properties.characterize import characterize as measure
    from simulators.properties.depth_knots import measure_depth_knots
    from simulators.properties.own_scatter import scatter_by_parts

    voxels = replace(unpack(packed), statistics=record.statistics)
    solid_conductivity = {
        "active": physics.active_conductivity_S_per_m,
        "binder": physics.binder_conductivity_S_per_m,
    }
    measured = measure(
        voxels,
        axes=LOOP_AXES,
        binder_ion_diffusivity=physics.binder_ion_diffusivity,
        solid_conductivity=solid_conductivity,
        tolerance=TOLERANCE,
        detail="loop",
        device=device(),
        n_threads=n_threads(),
    )
    if is_one_of_few:
        scatter = scatter_by_parts(voxels, binder_ion_diffusivity=physics.binder_ion_diffusivity)
        measured = measured.model_copy(update={"relative_scatter": scatter})
    if not by_depth:
        return measured
    knots = measure_depth_knots(
        voxels,
        binder_ion_diffusivity=physics.binder_ion_diffusivity,
        solid_conductivity=solid_conductivity,
        tolerance=TOLERANCE,
        n_threads=n_threads(),
    )
    return measured.model_copy(update={"through_thickness": knots})


def evaluate(request: CellRequest) -> CellResult:
    """Return the cell's performance with the mean properties and with those of every volume.

    The value of a metric is the one at the mean properties: a coated electrode averages over far
    more than a volume, so the cell sees the mean, while the mean of single-volume results would
    carry the curvature of the cell model times the scatter of small volumes. The results of single
    volumes show that scatter.
    """
    from simulators.properties.characterize import combine, require_percolation
    from simulators.properties.depth_knots import mean_depth_knots

    knots = mean_depth_knots(request.volumes)
    mean = combine(request.volumes).model_copy(update={"through_thickness": knots})
    try:
        for volume in request.volumes:
            require_percolation(volume)
        at_mean = _performance(request, mean, is_mean=True)
    except DesignFailed as failed:
        stage = CHARACTERIZE if failed.failure_kind is FailureKind.not_percolating else EVALUATE
        is_reproducible = failed.failure_kind is FailureKind.solver_failed
        failure = Failure(
            kind=failed.failure_kind,
            message=failed.message,
            stage=stage,
            evidence=failed.evidence if is_reproducible else {},
        )
        return CellResult(mean=mean, failure=failure)
    by_volume = [VolumePerformance(metrics=at_mean.metrics)]
    if len(request.volumes) > 1:
        by_volume = [_sample(request, volume) for volume in request.volumes]
    return CellResult(mean=mean, at_mean=at_mean, by_volume=tuple(by_volume))


def _performance(
    request: CellRequest, properties: EffectiveProperties, *, is_mean: bool
) -> CellPerformance:
    from simulators.cell.evaluate import evaluate_cell
    from simulators.cell.sizing import recipe_metrics

    if request.power_W is None and not request.wanted:
        metrics = recipe_metrics(request.cell, request.recipe)
        return CellPerformance(metrics=metrics, termination="not discharged")
    return evaluate_cell(
        request.cell,
        request.recipe,
        properties,
        power_W=request.power_W,
        model=request.model,
        mesh_points=request.mesh_points,
        physics=request.physics,
        wanted=request.wanted,
        with_charge=request.with_charge,
        with_details=is_mean,
        with_bias=is_mean,
    )


def _sample(request: CellRequest, volume: EffectiveProperties) -> VolumePerformance:
    try:
        found = _performance(request, volume, is_mean=False)
    except DesignFailed as failed:
        return VolumePerformance(failure=f"{failed.failure_kind.value}: {failed.message}")
    return VolumePerformance(
        metrics=found.metrics,
        curve=None if found.curve is None else found.curve.thinned(),
        charge=found.charge,
    )


def _record(voxels: Voxels, *, name: str, version: str, seed: int | None) -> Microstructure:
    shape = voxels.labels.shape
    return Microstructure(
        shape=(shape[0], shape[1], shape[2]),
        voxel_size_m=voxels.voxel_size_m,
        volume_fraction=voxels.volume_fraction,
        generator=name,
        generator_version=version,
        seed=seed,
        statistics=voxels.statistics,
        fallbacks=voxels.fallbacks,
    )
