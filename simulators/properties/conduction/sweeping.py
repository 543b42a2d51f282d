"""What both kinds of finest grid share on the CPU: threads, ghosts, plain vector updates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulators.properties.compiled import Codes, Floats, kernel
from simulators.properties.conduction import coarse_cycle
from simulators.properties.conduction.checkerboard import Grid, Layout, wrap_planes
from simulators.properties.conduction.hierarchy import Hierarchy
from simulators.properties.conduction.road import Road
from simulators.properties.conduction.transfer import Blocks
from simulators.properties.slabs import run_slabs


@dataclass(frozen=True)
class Sweeping:
    """A finest grid's layout and coarser grids, and the sweeps that need no material."""

    layout: Layout
    sides: Codes
    hierarchy: Hierarchy
    road: Road
    n_threads: int
    room: Floats
    """Two vectors that ``flux_energy`` uses up; ``spare`` lends the second one."""

    @property
    def shape(self) -> tuple[Codes, Grid]:
        """Return what sweeps over planes need to know of the layout."""
        return (self.sides, self.layout.grid)

    def zeros(self) -> Floats:
        """Return a new vector of zeros."""
        return self.road.memory.zeros(self.layout.size)

    def spare(self) -> Floats:
        """Return the vector of zeros that there is; it can be lent only once."""
        return self.room[self.layout.size :]

    def turn(self, u: Floats, p: Floats, z: Floats, alpha: float, beta: float) -> None:
        """Take u + alpha p, then make z + beta p the next direction."""
        self.run(_turn, u, p, z, alpha, beta, self.layout.plane)

    def step(self, u: Floats, p: Floats, alpha: float) -> None:
        """Take u + alpha p."""
        self.run(_step, u, p, alpha, self.layout.plane)

    def flux_energy(self, r: Floats, spare: Floats) -> float:
        """Return the energy of a flux that carries ``r`` to the end faces; ``spare`` is lost."""
        del spare  # the second half of the room
        flux = self.room
        flux[: r.size] = 0
        flux[r.size :] = r
        return self.road.energy(flux, self.layout.grid)

    def run(self, sweep: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Run a sweep over all planes."""
        return run_slabs(sweep, self.layout.nz, self.n_threads, *arguments)

    def total(self, sweep: Callable[..., Any], *arguments: Any) -> float:
        """Run a sweep that returns a sum a plane; add them up, whatever the number of threads."""
        return math.fsum(np.concatenate(self.run(sweep, *arguments)))

    def fall(self, u: Floats, active: Codes | Floats) -> None:
        """Let the potential fall linearly from end to end where ``active`` is above 0."""
        self.run(_fall, u, active, self.layout.grid)

    def refresh(self, values: Codes | Floats) -> None:
        """Refresh the ghosts of periodic sides."""
        if self.layout.is_periodic:
            self.run(wrap_planes, values, self.layout.grid)

    def correct(self, gather: Callable[..., Any], *arguments: Any) -> Blocks:
        """Load the first coarse grid, run the cycle, and return what prolongation reads."""
        loads = self.hierarchy.blocks(coarse_cycle.LOAD_RED, coarse_cycle.LOAD_BLACK)
        n_planes = self.hierarchy.layouts[0].nz
        run_slabs(gather, n_planes, self.n_threads, *arguments, *self.shape, loads)
        self.hierarchy.run_cycle()
        return self.hierarchy.blocks(coarse_cycle.RED, coarse_cycle.BLACK)


@kernel
def _turn(
    u: Floats, p: Floats, z: Floats, alpha: float, beta: float, plane: int, first: int, last: int
) -> None:
    step = np.float32(alpha)
    turn = np.float32(beta)
    for at in range((first + 1) * plane, (last + 1) * plane):
        old = p[np.uintp(at)]
        u[np.uintp(at)] += step * old
        p[np.uintp(at)] = z[np.uintp(at)] + turn * old


@kernel
def _step(u: Floats, p: Floats, alpha: float, plane: int, first: int, last: int) -> None:
    step = np.float32(alpha)
    for at in range((first + 1) * plane, (last + 1) * plane):
        u[np.uintp(at)] += step * p[np.uintp(at)]


@kernel
def _fall(u: Floats, active: Codes | Floats, grid: Grid, first: int, last: int) -> None:
    nz = grid[0]
    plane = (grid[1] + 2) * (grid[2] + 2)
    for i in range(first, last):
        value = np.float32(1 - (i + 0.5) / nz)
        for at in range((i + 1) * plane, (i + 2) * plane):
            u[np.uintp(at)] = value if active[np.uintp(at)] > 0 else np.float32(0)
