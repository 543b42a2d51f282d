"""Average effective properties over volumes of one design, and refuse designs that block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.errors import DesignFailed, Invalid
from experiments.observation import FailureKind
from experiments.properties import AxisTransport, EffectiveProperties


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
        relative_scatter=_pooled([volume.relative_scatter for volume in volumes]),
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


def _pooled(scatters: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the root of the mean variance of what is known of every volume."""
    return {
        name: float(np.sqrt(np.mean([scatter[name] ** 2 for scatter in scatters])))
        for name in scatters[0]
        if all(name in scatter for scatter in scatters)
    }


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _mean_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _mean(known) if known else None
