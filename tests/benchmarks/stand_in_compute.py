"""Compute as it is, but for the stages, which give made-up values within a millisecond."""

from __future__ import annotations

import sys
from random import Random
from typing import Any

from agents import compute, compute_loop, stage_call, stages
from agents.executor import Kept
from agents.stage_results import CellRequest, CellResult, VolumePerformance
from experiments.campaign import PartChoice, Physics
from experiments.generation import VolumeRequest
from experiments.microstructure import Microstructure
from experiments.performance import CellPerformance
from experiments.properties import AxisTransport, EffectiveProperties


def generate(choice: PartChoice, request: VolumeRequest) -> Kept:
    record = Microstructure(
        shape=request.shape,
        voxel_size_m=(1e-6, 1e-6, 1e-6),
        volume_fraction={"pore": 0.33, "active": 0.55, "binder": 0.12},
        generator="stand-in",
        generator_version="1",
        seed=request.seed,
    )
    return Kept(value=record, large=Random(request.seed).randbytes(1000))


def characterize(packed: bytes, record: Microstructure, physics: Physics, *_: Any) -> Any:
    through = AxisTransport(relative=0.2, lower=0.2, upper=0.2, tortuosity_factor=1.65)
    return EffectiveProperties(
        shape=record.shape,
        voxel_size_m=record.voxel_size_m,
        volume_fraction=dict(record.volume_fraction),
        percolating_fraction={name: {"0": 1.0} for name in record.volume_fraction},
        pore_transport={"0": through},
        solid_transport={"0": through},
        interface_area_per_m={"pore-active": 3e5},
    )


def evaluate(request: CellRequest) -> CellResult:
    metrics = {"specific_energy_Wh_per_kg": 200.0 - (request.recipe.positive.porosity - 0.4) ** 2}
    return CellResult(
        mean=request.volumes[0],
        at_mean=CellPerformance(metrics=metrics, termination="made up"),
        by_volume=(VolumePerformance(metrics=metrics),),
    )


def stage_versions(choice: PartChoice) -> dict[str, str]:
    names = (stages.GENERATE, stages.READ, stages.CHARACTERIZE, stages.EVALUATE)
    return dict.fromkeys(names, "stand-in")


def nothing() -> None:
    return None


if __name__ == "__main__":
    import tests.benchmarks.stand_in_compute as ours

    for name in ("generate", "characterize", "evaluate"):
        setattr(stage_call, name, getattr(ours, name))
    compute_loop.stage_versions = ours.stage_versions
    compute_loop.warm_up = ours.nothing
    sys.exit(compute.main())
