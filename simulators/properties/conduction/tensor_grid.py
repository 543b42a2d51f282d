"""The finest grid as tensors, so that conjugate gradients run on whatever device torch has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from simulators.properties.compiled import Floats, Reals
from simulators.properties.conduction.checkerboard import Layout, split_colours
from simulators.properties.conduction.road import Road
from simulators.properties.conduction.tensor_levels import (
    Level,
    build_levels,
    cycle,
    sum_of_faces,
)
from simulators.properties.slabs import run_slabs


@dataclass(frozen=True)
class TensorGrid:
    """Faces on every grid. Vectors are `z x y x x` tensors of all voxels; sums are double.

    Their precision is that of the resistances it is laid out from.

    The interval comes from the same bounds as on the CPU: what a potential leaves unbalanced is
    drained along the spanning tree there, so it holds whatever the device did.
    """

    layout: Layout
    road: Road
    levels: list[Level]
    degree: Tensor
    rho: Tensor
    """Half-voxel resistances, infinite where nothing conducts."""

    def zeros(self) -> Tensor:
        """Return a new vector of zeros."""
        return torch.zeros_like(self.degree)

    def spare(self) -> Tensor:
        """Return a vector of zeros."""
        return self.zeros()

    def start(self, u: Tensor) -> None:
        """Let the potential fall linearly from end to end wherever anything conducts."""
        nz = u.shape[0]
        fall = 1 - (torch.arange(nz, device=u.device, dtype=u.dtype) + 0.5) / nz
        u.copy_(fall[:, None, None] * (self.degree > 0))

    def operate(self, p: Tensor, q: Tensor) -> float:
        """Set q = A p; return p . q."""
        q.copy_(self.levels[0].flow(p, self.degree))
        return _dot(p, q)

    def precondition(self, alpha: float, q: Tensor, r: Tensor) -> float:
        """Take r - alpha q as residual, leave its preconditioned form z in q; return r . z."""
        r.add_(q, alpha=-alpha)
        q.copy_(cycle(self.levels, r))
        return _dot(r, q)

    def turn(self, u: Tensor, p: Tensor, z: Tensor, alpha: float, beta: float) -> None:
        """Take u + alpha p, then make z + beta p the next direction."""
        u.add_(p, alpha=alpha)
        p.mul_(beta).add_(z)

    def step(self, u: Tensor, p: Tensor, alpha: float) -> None:
        """Take u + alpha p."""
        u.add_(p, alpha=alpha)

    def dissipate(self, u: Tensor, r: Tensor) -> Reals:
        """Return the power every layer dissipates under ``u``; leave its residual in ``r``."""
        v = u.double()
        through, across, along = (faces.double() for faces in self.levels[0].faces)
        layers = torch.zeros(v.shape[0], dtype=torch.float64, device=v.device)
        lacking = torch.zeros_like(v)
        for axis, faces in ((1, across), (2, along)):
            n = v.shape[axis]
            flux = faces.narrow(axis, 1, n) * (v - v.roll(-1, axis))
            layers += (flux * (v - v.roll(-1, axis))).sum((1, 2))
            lacking += flux.roll(1, axis) - flux
        drop = v[:-1] - v[1:]
        flux = through[1:-1] * drop
        lacking[:-1] -= flux
        lacking[1:] += flux
        before = torch.where(flux != 0, self.rho[:-1] / (self.rho[:-1] + self.rho[1:]), 0.0)
        layers[:-1] += (flux * drop * before).sum((1, 2))
        layers[1:] += (flux * drop * (1 - before)).sum((1, 2))
        for plane, held in ((0, 1.0), (-1, 0.0)):
            drop = v[plane] - held
            layers[plane] += (through[plane] * drop * drop).sum()
            lacking[plane] -= through[plane] * drop
        r.copy_(lacking)
        return np.asarray(layers.cpu().numpy(), np.float64)

    def flux_energy(self, r: Tensor, spare: Tensor) -> float:
        """Return the energy of a flux that carries ``r`` to the end faces."""
        del spare
        red, black = self._split(r.cpu().numpy())
        return self.road.energy(np.concatenate([red, black]), self.layout.grid)

    def potentials(self, u: Tensor) -> tuple[Floats, Floats]:
        """Return the potential of red and of black voxels, NaN where nothing conducts."""
        nothing = torch.full_like(u, torch.nan)
        return self._split(torch.where(self.degree > 0, u, nothing).cpu().numpy())

    def _split(self, dense: Floats | Reals) -> tuple[Floats, Floats]:
        red, black = self.layout.zeros(), self.layout.zeros()
        single = dense.astype(np.float32, copy=False)
        run_slabs(split_colours, self.layout.nz, self.road.n_threads, single, red, black)
        return red, black


def lay_out_tensors(rho: Floats | Reals, layout: Layout, road: Road, device: str) -> TensorGrid:
    """Build all grids on a device from half-voxel resistances (`z x y x x`)."""
    own = torch.from_numpy(rho).to(device)
    faces = []
    for axis, is_periodic in ((0, False), (1, layout.is_periodic_y), (2, layout.is_periodic_x)):
        weight = float(road.weights[axis])
        n = own.shape[axis]
        ends = own.narrow(axis, 0, 1), own.narrow(axis, n - 1, 1)
        inner = weight / (own.narrow(axis, 0, n - 1) + own.narrow(axis, 1, n - 1))
        if axis == 0:
            sides = weight / ends[0], weight / ends[1]
        elif is_periodic:
            sides = (weight / (ends[0] + ends[1]),) * 2
        else:
            sides = (torch.zeros_like(ends[0]),) * 2
        faces.append(torch.cat([sides[0], inner, sides[1]], axis))
    finest = (faces[0], faces[1], faces[2])
    levels = build_levels(finest, (1 / np.sqrt(road.weights)).tolist())
    return TensorGrid(layout, road, levels, sum_of_faces(finest), own)


def _dot(a: Tensor, b: Tensor) -> float:
    return float(torch.sum(a * b, dtype=torch.float64))
