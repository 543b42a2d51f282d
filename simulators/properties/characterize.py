"""Measure every effective property of one labelled volume, and average over several volumes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

import numpy as np

from experiments.errors import DesignFailed, Invalid
from experiments.microstructure import PHASE_LABEL, PhaseName
from experiments.observation import FailureKind
from experiments.properties import AxisTransport, EffectiveProperties
from simulators.microstructure.voxels import Voxels
from simulators.properties.interface_area import interface_areas_per_m
from simulators.properties.particles import separate_particles
from simulators.properties.percolating_fraction import percolating_fractions
from simulators.properties.pore_size import continuous_size_distribution
from simulators.properties.slabs import available_cores
from simulators.properties.transport import BOUND_METHOD, Sides, solve_conduction

VERSION: Final = "1"
"""Raised whenever the same volume gives other numbers; part of the stage's cache key."""

Detail = Literal["loop", "full"]
Progress = Callable[[str], None]
"""Called with a few words before each step."""

_SOLIDS: Final[tuple[PhaseName, ...]] = ("active", "binder", "second_active")


def characterize(
    voxels: Voxels,
    *,
    axes: Sequence[int] = (0, 1, 2),
    binder_ion_diffusivity: float,
    solid_conductivity: Mapping[str, float],
    tolerance: float = 1e-3,
    sides: Sides = "no_flux",
    detail: Detail = "full",
    n_threads: int | None = None,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> EffectiveProperties:
    """Measure transport, interface areas, percolation and sizes.

    Ions move in pores (1) and in the binder's nanopores (``binder_ion_diffusivity``); electrons in
    the phases that ``solid_conductivity`` names. In the loop (``detail="loop"``) the particle
    radius is the generator's where it is known. Where nothing percolates the transport is 0, not an
    error. Raises ``Invalid`` for a conductivity of an unknown phase and for a volume of one phase.
    """
    started = clock()
    n_threads = n_threads or available_cores()
    report = progress or (lambda _: None)
    electrolyte: dict[str, float] = {"pore": 1.0, "binder": binder_ion_diffusivity}
    _check(voxels, electrolyte, solid_conductivity)
    fraction = voxels.volume_fraction
    present: dict[str, int] = {phase: PHASE_LABEL[phase] for phase in fraction}

    def transport(what: str, conductivity: Mapping[str, float]) -> dict[str, AxisTransport]:
        found = {}
        for axis in axes:
            report(f"{what} transport along axis {axis}")
            found[str(axis)] = _transport(
                voxels, conductivity, axis, tolerance=tolerance, sides=sides, n_threads=n_threads
            )
        return found

    pore = transport("pore", electrolyte)
    solid = transport("solid", solid_conductivity)
    report("percolation")
    percolating = percolating_fractions(
        voxels.labels,
        {phase: (label,) for phase, label in present.items()},
        axes=axes,
        is_periodic=sides == "periodic",
        n_threads=n_threads,
    )
    report("interface areas")
    areas = _areas(voxels, n_threads)
    report("pore sizes")
    pore_size = continuous_size_distribution(
        voxels.labels == PHASE_LABEL["pore"], voxels.voxel_size_m, n_threads=n_threads
    )
    particle_radius_m = voxels.statistics.get("equivalent_radius_m")
    if particle_radius_m is None or detail == "full":
        report("particle sizes")
        is_active = voxels.labels == PHASE_LABEL["active"]
        if is_active.any():
            particles = separate_particles(is_active, voxels.voxel_size_m, n_threads=n_threads)
            particle_radius_m = particles.mean_radius_m
    return EffectiveProperties(
        shape=_triple(voxels.labels.shape),
        voxel_size_m=voxels.voxel_size_m,
        volume_fraction={str(phase): share for phase, share in fraction.items()},
        percolating_fraction=percolating,
        pore_transport=pore,
        solid_transport=solid,
        interface_area_per_m=areas,
        mean_pore_radius_m=pore_size.mean_radius_m,
        particle_radius_m=particle_radius_m,
        settings={
            "axes": ",".join(str(axis) for axis in axes),
            "binder_ion_diffusivity": binder_ion_diffusivity,
            **{f"solid_conductivity.{name}": s for name, s in solid_conductivity.items()},
            "tolerance": tolerance,
            "sides": sides,
            "detail": detail,
            "area_estimator": "smooth_normals",
            "bound_method": BOUND_METHOD,
        },
        elapsed_s=max(0.0, clock() - started),
    )


def combine(volumes: Sequence[EffectiveProperties]) -> EffectiveProperties:
    """Average over volumes of one design; every mean keeps its samples.

    A tortuosity factor is that of the mean: mean Σφᵢσᵢ over mean conductivity. Raises ``Invalid``
    for no volume and for volumes measured with different settings.
    """
    if not volumes:
        raise Invalid("no volume to average over")
    first = volumes[0]
    for other in volumes[1:]:
        if (other.settings, other.voxel_size_m) != (first.settings, first.voxel_size_m):
            raise Invalid("volumes measured with different settings or voxel sizes cannot be mixed")
    phases = sorted({phase for volume in volumes for phase in volume.volume_fraction})
    fraction = {
        phase: _mean([volume.volume_fraction.get(phase, 0.0) for volume in volumes])
        for phase in phases
    }
    electrolyte = {"pore": 1.0, "binder": float(first.settings["binder_ion_diffusivity"] or 0)}
    solid = {
        key.removeprefix("solid_conductivity."): float(value or 0)
        for key, value in first.settings.items()
        if key.startswith("solid_conductivity.")
    }
    areas = {
        pair: tuple(volume.interface_area_per_m.get(pair, 0.0) for volume in volumes)
        for pair in first.interface_area_per_m
    }
    return EffectiveProperties(
        shape=first.shape,
        voxel_size_m=first.voxel_size_m,
        n_volumes=len(volumes),
        volume_fraction=fraction,
        percolating_fraction={
            phase: {
                axis: _mean(
                    [
                        volume.percolating_fraction.get(phase, {}).get(axis, 0.0)
                        for volume in volumes
                    ]
                )
                for axis in first.pore_transport
            }
            for phase in phases
        },
        pore_transport=_mean_transport(
            [volume.pore_transport for volume in volumes], _wiener(fraction, electrolyte)
        ),
        solid_transport=_mean_transport(
            [volume.solid_transport for volume in volumes], _wiener(fraction, solid)
        ),
        interface_area_per_m={pair: _mean(values) for pair, values in areas.items()},
        interface_area_samples=areas,
        mean_pore_radius_m=_mean_known([volume.mean_pore_radius_m for volume in volumes]),
        particle_radius_m=_mean_known([volume.particle_radius_m for volume in volumes]),
        settings=first.settings,
        elapsed_s=sum(volume.elapsed_s for volume in volumes),
    )


def require_percolation(properties: EffectiveProperties, axis: int = 0) -> None:
    """Raise ``DesignFailed`` (not_percolating) where ions or electrons cannot cross the electrode.

    One blocked volume among several is enough: its design is on the edge of percolation.
    """
    for carrier, network, transports in (
        ("ions", "Pore network", properties.pore_transport),
        ("electrons", "Solid network", properties.solid_transport),
    ):
        transport = transports[str(axis)]
        if min(transport.samples or (transport.relative,)) > 0:
            continue
        porosity = properties.volume_fraction.get("pore", 0.0)
        raise DesignFailed(
            f"{network} does not reach from separator to collector at {porosity:.0%} porosity: "
            f"no path for {carrier} along axis {axis}",
            kind=FailureKind.not_percolating,
            porosity=porosity,
            axis=axis,
        )


def _check(
    voxels: Voxels, electrolyte: Mapping[str, float], solid_conductivity: Mapping[str, float]
) -> None:
    for name in solid_conductivity:
        if name not in _SOLIDS:
            raise Invalid(
                f"solid conductivity of {name!r}: not a solid phase; allowed: {', '.join(_SOLIDS)}"
            )
    for name, value in (*electrolyte.items(), *solid_conductivity.items()):
        if not (np.isfinite(value) and value >= 0):
            raise Invalid(f"conductivity of {name}: {value}; it must be a finite number, 0 or more")
    if electrolyte["binder"] > 1:
        raise Invalid(
            f"binder ion diffusivity {electrolyte['binder']:g}: it is relative to the bulk "
            "electrolyte and must lie within 0 and 1"
        )
    present = list(voxels.volume_fraction)
    if len(present) < 2:
        raise Invalid(f"the volume is all {present[0]}: a structure needs at least two phases")


def _transport(
    voxels: Voxels,
    conductivity: Mapping[str, float],
    axis: int,
    *,
    tolerance: float,
    sides: Sides,
    n_threads: int,
) -> AxisTransport:
    fraction: dict[str, float] = {str(p): share for p, share in voxels.volume_fraction.items()}
    conducting = {
        PHASE_LABEL[phase]: conductivity[phase]
        for phase in PHASE_LABEL
        if phase in fraction and conductivity.get(phase, 0.0) > 0
    }
    if not conducting:
        return AxisTransport(relative=0.0, lower=0.0, upper=0.0)
    found = solve_conduction(
        (voxels.labels, conducting),
        axis=axis,
        voxel_size_m=voxels.voxel_size_m,
        sides=sides,
        tolerance=tolerance,
        n_threads=n_threads,
    )
    return AxisTransport(
        relative=found.relative,
        lower=found.lower,
        upper=found.upper,
        tortuosity_factor=found.tortuosity_factor,
    )


def _areas(voxels: Voxels, n_threads: int) -> dict[str, float]:
    """Return areas by pair; the three main pairs always, others where present."""
    names = list(PHASE_LABEL)[: max(3, int(voxels.labels.max()) + 1)]
    area = interface_areas_per_m(
        voxels.labels, voxels.voxel_size_m, n_phases=len(names), n_threads=n_threads
    )
    return {
        f"{names[i]}-{names[j]}": float(area[i, j])
        for i in range(len(names))
        for j in range(i + 1, len(names))
    }


def _wiener(fraction: Mapping[str, float], conductivity: Mapping[str, float]) -> float:
    """Return Σφᵢσᵢ, above which no structure conducts."""
    return sum(share * conductivity.get(phase, 0.0) for phase, share in fraction.items())


def _mean_transport(
    volumes: Sequence[Mapping[str, AxisTransport]], wiener: float
) -> dict[str, AxisTransport]:
    means = {}
    for axis in volumes[0]:
        along = [volume[axis] for volume in volumes]
        relative = _mean([transport.relative for transport in along])
        means[axis] = AxisTransport(
            relative=relative,
            lower=_mean([transport.lower for transport in along]),
            upper=_mean([transport.upper for transport in along]),
            tortuosity_factor=wiener / relative if relative > 0 else None,
            discretisation_bias=_mean_known([t.discretisation_bias for t in along]),
            samples=tuple(transport.relative for transport in along),
        )
    return means


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _mean_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _mean(known) if known else None


def _triple(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return (shape[0], shape[1], shape[2])
