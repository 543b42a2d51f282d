"""Measure every effective property of one labelled volume."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from experiments.errors import Invalid
from experiments.microstructure import PHASE_LABEL
from experiments.morphology import Morphology
from experiments.properties import EffectiveProperties
from simulators.microstructure.voxels import Voxels
from simulators.properties.allowed_conductivities import check_conductivities
from simulators.properties.averaging import combine, require_percolation
from simulators.properties.conduction import Device, Memory
from simulators.properties.interface_area import Estimator, Interfaces, measure_interfaces
from simulators.properties.morphology import describe_morphology
from simulators.properties.particles import Particles, separate_particles
from simulators.properties.percolating_fraction import percolating_fractions
from simulators.properties.phase_transport import phase_transport
from simulators.properties.pore_size import SizeDistribution, continuous_size_distribution
from simulators.properties.slabs import available_cores
from simulators.properties.transport import BOUND_METHOD, Sides

VERSION: Final = "7"
"""Raised whenever the same volume gives other numbers; part of the stage's cache key."""

__all__ = [
    "Characterization",
    "characterize",
    "characterize_fully",
    "combine",
    "require_percolation",
]

Detail = Literal["loop", "full"]
Progress = Callable[[str], None]
"""Called with a few words before each step."""

_GENERATED_RADIUS: Final = "equivalent_radius_m"
"""Where generators put the volume-weighted equivalent radius of their particles."""


@dataclass(frozen=True)
class Characterization:
    """All that was measured on one volume."""

    properties: EffectiveProperties
    morphology: Morphology | None
    """None in the loop."""


def characterize(
    voxels: Voxels,
    *,
    axes: Sequence[int] = (0, 1, 2),
    binder_ion_diffusivity: float,
    solid_conductivity: Mapping[str, float],
    tolerance: float = 1e-3,
    sides: Sides = "no_flux",
    area_estimator: Estimator = "smooth_normals",
    detail: Detail = "full",
    n_threads: int | None = None,
    progress: Progress | None = None,
    device: Device = "cpu",
) -> EffectiveProperties:
    """Return the effective properties alone; see ``characterize_fully``."""
    return characterize_fully(
        voxels,
        axes=axes,
        binder_ion_diffusivity=binder_ion_diffusivity,
        solid_conductivity=solid_conductivity,
        tolerance=tolerance,
        sides=sides,
        area_estimator=area_estimator,
        detail=detail,
        n_threads=n_threads,
        progress=progress,
        device=device,
    ).properties


@dataclass(frozen=True)
class _Shapes:
    """What is measured once and used in both results."""

    percolating: dict[str, dict[str, float]]
    interfaces: Interfaces
    pore_size: SizeDistribution
    particles: Particles | None


def characterize_fully(
    voxels: Voxels,
    *,
    axes: Sequence[int] = (0, 1, 2),
    binder_ion_diffusivity: float,
    solid_conductivity: Mapping[str, float],
    tolerance: float = 1e-3,
    sides: Sides = "no_flux",
    area_estimator: Estimator = "smooth_normals",
    detail: Detail = "full",
    n_threads: int | None = None,
    progress: Progress | None = None,
    device: Device = "cpu",
    clock: Callable[[], float] = time.perf_counter,
) -> Characterization:
    """Measure transport, interface areas, percolation and sizes; in full detail, all shapes too.

    Ions move in pores (1) and in the binder's nanopores (``binder_ion_diffusivity``); electrons in
    the phases that ``solid_conductivity`` names. In the loop (``detail="loop"``) the particle
    radius is the generator's where it is known. Where nothing percolates the transport is 0, not an
    error. Raises ``Invalid`` for a conductivity of an unknown phase and for a volume of one phase.
    """
    started = clock()
    check_conductivities(binder_ion_diffusivity, solid_conductivity)
    if len(voxels.volume_fraction) < 2:
        raise Invalid(
            f"the volume is all {next(iter(voxels.volume_fraction))}: a structure needs at least "
            "two phases"
        )
    threads = n_threads or available_cores()
    report = progress or _say_nothing
    memory = Memory(voxels.labels.size)
    electrolyte: dict[str, float] = {"pore": 1.0, "binder": binder_ion_diffusivity}
    pore, solid = (
        phase_transport(
            voxels,
            conductivity,
            axes=axes,
            tolerance=tolerance,
            sides=sides,
            n_threads=threads,
            keeps_profiles=detail == "full",
            memory=memory,
            device=device,
            report=partial(_say_of, report, carrier),
        )
        for carrier, conductivity in (("pore", electrolyte), ("solid", solid_conductivity))
    )
    del memory
    report("percolation, interface areas and sizes")
    shapes = _measure_shapes(voxels, area_estimator, detail, axes, sides, threads)
    settings: dict[str, str | int | float | bool | None] = {
        "axes": ",".join(str(axis) for axis in axes),
        "binder_ion_diffusivity": binder_ion_diffusivity,
        **{f"solid_conductivity.{name}": sigma for name, sigma in solid_conductivity.items()},
        "tolerance": tolerance,
        "sides": sides,
        "detail": detail,
        "area_estimator": area_estimator,
        "bound_method": BOUND_METHOD,
    }
    properties = EffectiveProperties(
        shape=_triple(voxels.labels.shape),
        voxel_size_m=voxels.voxel_size_m,
        volume_fraction={str(phase): share for phase, share in voxels.volume_fraction.items()},
        percolating_fraction=shapes.percolating,
        pore_transport=pore,
        solid_transport=solid,
        interface_area_per_m=_named_areas(shapes.interfaces),
        mean_pore_radius_m=shapes.pore_size.mean_radius_m,
        particle_radius_m=_particle_radius_m(voxels, shapes),
        settings=settings,
    )
    morphology = None
    if detail == "full":
        morphology = describe_morphology(
            voxels,
            triple_line_per_m2=shapes.interfaces.triple_line_per_m2,
            pore_size=shapes.pore_size,
            particles=shapes.particles,
            axes=axes,
            n_threads=threads,
            progress=report,
        )
    elapsed_s = max(0.0, clock() - started)
    return Characterization(properties.model_copy(update={"elapsed_s": elapsed_s}), morphology)


def _say_of(report: Progress, carrier: str, words: str) -> None:
    report(f"{carrier} {words}")


def _say_nothing(_: str) -> None:
    return None


def _measure_shapes(
    voxels: Voxels,
    estimator: Estimator,
    detail: Detail,
    axes: Sequence[int],
    sides: Sides,
    n_threads: int,
) -> _Shapes:
    """Measure what needs no solution, two things at a time: much of it runs on one thread only."""
    labels, size_m = voxels.labels, voxels.voxel_size_m
    lanes = min(2, n_threads)
    share = n_threads // lanes
    phases = {str(phase): (PHASE_LABEL[phase],) for phase in voxels.volume_fraction}
    needs_particles = detail == "full" or _GENERATED_RADIUS not in voxels.statistics
    with ThreadPoolExecutor(lanes, thread_name_prefix="shapes") as pool:  # the longest first
        pore_size = pool.submit(_pore_sizes, voxels, n_threads=share)
        interfaces = pool.submit(
            measure_interfaces,
            labels,
            size_m,
            n_phases=max(3, int(labels.max()) + 1),
            estimator=estimator,
            n_threads=share,
        )
        particles = (
            pool.submit(_separate_active, voxels, n_threads=share)
            if needs_particles and "active" in voxels.volume_fraction
            else None
        )
        percolating = pool.submit(
            percolating_fractions,
            labels,
            phases,
            axes=axes,
            is_periodic=sides == "periodic",
            n_threads=share,
        )
        return _Shapes(
            percolating.result(),
            interfaces.result(),
            pore_size.result(),
            None if particles is None else particles.result(),
        )


def _pore_sizes(voxels: Voxels, *, n_threads: int) -> SizeDistribution:
    is_pore = voxels.labels == PHASE_LABEL["pore"]
    return continuous_size_distribution(is_pore, voxels.voxel_size_m, n_threads=n_threads)


def _separate_active(voxels: Voxels, *, n_threads: int) -> Particles:
    is_active = voxels.labels == PHASE_LABEL["active"]
    return separate_particles(is_active, voxels.voxel_size_m, n_threads=n_threads)


def _particle_radius_m(voxels: Voxels, shapes: _Shapes) -> float | None:
    """Return the generator's radius where it is known, else the measured one."""
    known = voxels.statistics.get(_GENERATED_RADIUS)
    if known is not None:
        return known
    return None if shapes.particles is None else shapes.particles.mean_radius_m


def _named_areas(interfaces: Interfaces) -> dict[str, float]:
    """Return areas by pair; the three main pairs always, others where present."""
    area = interfaces.area_per_m
    names = list(PHASE_LABEL)[: area.shape[0]]
    return {
        f"{names[i]}-{names[j]}": float(area[i, j])
        for i in range(len(names))
        for j in range(i + 1, len(names))
    }


def _triple(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return (shape[0], shape[1], shape[2])
