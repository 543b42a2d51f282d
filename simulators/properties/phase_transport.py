"""Transport along the axes of a volume whose phases have names and conductivities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from experiments.errors import DesignFailed
from experiments.microstructure import PHASE_LABEL
from experiments.observation import FailureKind
from experiments.properties import AxisTransport
from simulators.microstructure.voxels import Voxels
from simulators.properties.compiled import Reals
from simulators.properties.conduction import Device, Memory
from simulators.properties.discretisation import discretisation_bias
from simulators.properties.transport import Conduction, Sides, solve_conduction

USELESS_WIDTH: Final = 0.1
"""Relative width of an interval that is no answer, where the solver stopped short of its tolerance
(assumed: the scatter between volumes is of that size); a narrower one stands and says itself."""


def phase_transport(
    voxels: Voxels,
    conductivity: Mapping[str, float],
    *,
    axes: Sequence[int],
    tolerance: float,
    sides: Sides = "no_flux",
    n_threads: int | None = None,
    estimates_bias: bool = True,
    keeps_profiles: bool = False,
    memory: Memory | None = None,
    device: Device = "cpu",
    report: Callable[[str], None],
) -> dict[str, AxisTransport]:
    """Solve conduction along every axis in the phases that conduct, by name.

    ``keeps_profiles`` adds the values of every layer, ``estimates_bias`` the error of the voxel
    size, a quarter more work; ``memory`` serves all axes, and may serve other solves before and
    after. Where no conducting phase is present the conductivity is 0 and the tortuosity factor
    null. Raises ``DesignFailed`` (solver_failed) where the interval stays too wide to be an answer.
    """
    conducting = {
        PHASE_LABEL[phase]: conductivity[phase]
        for phase in voxels.volume_fraction
        if conductivity.get(phase, 0.0) > 0
    }
    if not conducting:
        return {str(axis): AxisTransport(relative=0.0, lower=0.0, upper=0.0) for axis in axes}
    memory = memory or Memory(voxels.labels.size)
    transports = {}
    for axis in axes:
        report(f"transport along axis {axis}")
        found = solve_conduction(
            (voxels.labels, conducting),
            axis=axis,
            voxel_size_m=voxels.voxel_size_m,
            sides=sides,
            tolerance=tolerance,
            n_threads=n_threads,
            memory=memory,
            device=device,
        )
        _require_answer(found, axis)
        transports[str(axis)] = AxisTransport(
            relative=found.relative,
            lower=found.lower,
            upper=found.upper,
            tortuosity_factor=found.tortuosity_factor,
            discretisation_bias=discretisation_bias(
                voxels.labels,
                conducting,
                found.relative,
                axis=axis,
                voxel_size_m=voxels.voxel_size_m,
                sides=sides,
                n_threads=n_threads,
            )
            if estimates_bias
            else None,
            profile=_profile(found.profile) if keeps_profiles else (),
            tortuosity_profile=_profile(found.tortuosity_profile) if keeps_profiles else (),
        )
    return transports


def _profile(layers: Reals) -> tuple[float, ...]:
    """Return the values of all layers; nothing where no path joins the ends."""
    return tuple(layers.tolist()) if np.isfinite(layers).all() and layers.all() else ()


def _require_answer(found: Conduction, axis: int) -> None:
    if found.is_converged or found.upper - found.lower <= USELESS_WIDTH * found.upper:
        return
    raise DesignFailed(
        f"transport along axis {axis} is known no better than {found.lower:.3g} to "
        f"{found.upper:.3g} after {found.iterations} iterations: bring the conductivities of the "
        "phases, or the edges of the voxels, closer together",
        kind=FailureKind.solver_failed,
        axis=axis,
        lower=found.lower,
        upper=found.upper,
    )
