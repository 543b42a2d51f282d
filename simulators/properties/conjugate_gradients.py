"""Solve the voxel conduction problem until its certified interval is narrow enough."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from simulators.properties import one_conductor, several_conductors
from simulators.properties.checkerboard import Layout, wrap
from simulators.properties.compiled import Codes, Floats, Reals, kernel
from simulators.properties.energy_bound import EnergyBound
from simulators.properties.hierarchy import build_levels, run_cycle
from simulators.properties.slabs import run_slabs

ROUNDING = 2e-6
"""Relative allowance for single-precision arithmetic in the energy sum (rows of floats, summed in
double precision: a few units of 2**-24 each)."""

NOTHING_LEFT = 1e-10
"""r·z relative to the energy at which single precision has nothing more to give."""
SPECTRUM = 1e4
"""Bound on the inverse of the smallest eigenvalue there, where no Ritz value may be known."""


@dataclass(frozen=True)
class Solution:
    """Potential and energy of a converged solve, in units of the largest conductivity."""

    energy: float
    lower: float
    upper: float
    layer_power: Reals
    red: Floats
    black: Floats
    iterations: int
    residual: float
    is_converged: bool


@kernel
def _advance(
    u: Floats, p: Floats, z: Floats, alpha: float, beta: float, plane: int, first: int, last: int
) -> None:
    """Take u + alpha p, then make z + beta p the next direction."""
    step = np.float32(alpha)
    turn = np.float32(beta)
    for at in range((first + 1) * plane, (last + 1) * plane):
        old = p[np.uintp(at)]
        u[np.uintp(at)] += step * old
        p[np.uintp(at)] = z[np.uintp(at)] + turn * old


@kernel
def _start(u: Floats, rho: Floats, nz: int, plane: int, first: int, last: int) -> None:
    """Let the potential fall linearly where anything conducts."""
    for i in range(first, last):
        value = np.float32(1 - (i + 0.5) / nz)
        for at in range((i + 1) * plane, (i + 2) * plane):
            u[np.uintp(at)] = value if rho[np.uintp(at)] < np.inf else np.float32(0)


@kernel
def _step(u: Floats, p: Floats, alpha: float, plane: int, first: int, last: int) -> None:
    """Take u + alpha p."""
    step = np.float32(alpha)
    for at in range((first + 1) * plane, (last + 1) * plane):
        u[np.uintp(at)] += step * p[np.uintp(at)]


class Solver:
    """Hold the arrays of one conduction problem: five half-size vectors and the coarse grids."""

    def __init__(
        self,
        layout: Layout,
        weights: Floats,
        rho_red: Floats,
        rho_black: Floats,
        *,
        is_single: bool,
        n_threads: int,
    ) -> None:
        self._layout = layout
        self._weights = weights
        self._n_threads = n_threads
        self._levels = build_levels(layout, weights, rho_red, rho_black, n_threads)
        self._u = layout.zeros()
        self._run(_start, self._u, rho_black, layout.nz, layout.plane)
        self._kernels: ModuleType = one_conductor if is_single else several_conductors
        self._red: tuple[Any, Any]
        self._black: tuple[Any, Any]
        if is_single:
            red, black = np.zeros(layout.size, np.uint8), np.zeros(layout.size, np.uint8)
            sizes = (layout.nz, layout.ny, layout.slots)
            self._run(one_conductor.count_neighbours, rho_red, rho_black, 0, red, *sizes)
            self._run(one_conductor.count_neighbours, rho_black, rho_red, 1, black, *sizes)
            self._wrap(red)
            self._wrap(black)
            self._red, self._black = (red, black), (black, red)
            self._w, self._q = rho_red, rho_black
            self._w[:] = 0
            self._q[:] = 0
        else:
            self._red, self._black = (rho_red, rho_black), (rho_black, rho_red)
            self._w, self._q = layout.zeros(), layout.zeros()
        self._p = layout.zeros()
        self._r = layout.zeros()

    def _run(self, function: object, *arguments: object) -> list[float]:
        return run_slabs(function, self._layout.nz, self._n_threads, *arguments)  # type: ignore[arg-type]

    def _wrap(self, values: Floats | Codes) -> None:
        layout = self._layout
        if layout.is_periodic_y or layout.is_periodic_x:
            self._run(
                wrap,
                values,
                layout.ny,
                layout.slots,
                layout.is_periodic_y,
                layout.is_periodic_x,
            )

    def _average_red(self, black: Floats, front: float) -> None:
        layout = self._layout
        self._run(
            self._kernels.average,
            *self._red,
            self._weights,
            0,
            black,
            front,
            self._w,
            layout.ny,
            layout.slots,
        )
        self._wrap(self._w)

    def _operate(self, p: Floats, q: Floats, front: float) -> float:
        layout = self._layout
        self._average_red(p, front)
        return sum(
            self._run(
                self._kernels.operate,
                *self._black,
                self._weights,
                p,
                self._w,
                front,
                q,
                layout.ny,
                layout.slots,
            )
        )

    def _precondition(self, alpha: float) -> float:
        """Take the residual a step on and precondition it into q; return r · z."""
        layout, top = self._layout, self._levels[0]
        self._run(
            self._kernels.descend,
            *self._black,
            self._weights,
            alpha,
            self._q,
            self._r,
            layout.ny,
            layout.slots,
        )
        self._wrap(self._q)
        run_slabs(
            self._kernels.gather,
            top.layout.nz,
            self._n_threads,
            *self._red,
            self._weights,
            self._q,
            layout.nz,
            layout.ny,
            layout.slots,
            top.block[0],
            top.block[1],
            top.load_red,
            top.load_black,
            top.layout.ny,
            top.layout.nx,
        )
        run_cycle(self._levels)
        self._run(
            self._kernels.spread,
            top.red,
            top.black,
            top.layout.ny,
            top.layout.nx,
            top.block[0],
            top.block[1],
            self._red[0],
            self._w,
            layout.ny,
            layout.slots,
        )
        self._wrap(self._w)
        return sum(
            self._run(
                self._kernels.smooth,
                *self._black,
                self._weights,
                self._w,
                self._r,
                self._q,
                layout.ny,
                layout.slots,
            )
        )

    def _energy(self) -> Reals:
        """Return the power dissipated in every layer by the present potential."""
        layout = self._layout
        self._wrap(self._u)
        self._average_red(self._u, 1.0)
        layers = np.zeros((layout.nz, layout.nz))
        self._run(
            self._kernels.dissipate,
            *self._black,
            self._weights,
            self._u,
            self._w,
            1.0,
            layers,
            layout.ny,
            layout.slots,
        )
        return np.asarray(layers.sum(axis=0))

    def solve(self, tolerance: float, max_iterations: int) -> Solution:
        """Iterate until (upper - lower) / upper is below ``tolerance``."""
        plane = self._layout.plane
        bound = EnergyBound()
        self._wrap(self._u)
        self._operate(self._u, self._r, 1.0)
        np.negative(self._r, out=self._r)
        power = self._energy()
        expected = float(power.sum())
        first_rz = rz = alpha = pending = left = 0.0
        for iteration in range(1, max_iterations + 1):
            before, rz = rz, self._precondition(alpha)
            if iteration == 1:
                first_rz = rz
            if rz <= NOTHING_LEFT * expected:
                self._run(_step, self._u, self._p, pending, plane)
                power, left = self._energy(), SPECTRUM * rz
                break
            beta = rz / before if iteration > 1 else 0.0
            self._run(_advance, self._u, self._p, self._q, pending, beta, plane)
            self._wrap(self._p)
            pending = alpha = rz / self._operate(self._p, self._q, 0.0)
            bound.add_step(alpha, beta)
            expected -= alpha * rz
            left = bound.after_step(rz)
            if left < tolerance * expected or iteration == max_iterations:
                self._run(_step, self._u, self._p, alpha, plane)
                pending = 0.0
                power = self._energy()
                if _width(power, expected, left) < tolerance * float(power.sum()):
                    break
        energy = float(power.sum())
        width = _width(power, expected, left)
        upper = energy * (1 + ROUNDING)
        residual = math.sqrt(rz / first_rz) if first_rz > 0 else 0.0
        return Solution(
            energy,
            max(0.0, upper - width),
            upper,
            power,
            self._w,
            self._u,
            iteration,
            residual,
            width < tolerance * energy,
        )


def _width(power: Reals, expected: float, left: float) -> float:
    """Return the interval's width: rounding both ways, the error bound, and unexplained drift."""
    energy = float(power.sum())
    return left + abs(energy - expected) + 2 * ROUNDING * energy
