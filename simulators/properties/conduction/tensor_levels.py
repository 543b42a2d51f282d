"""The multigrid cycle on tensors, for any device torch runs on: faces, merging, relaxation.

As on the CPU, blocks of voxels merge, the faces between them are summed and divided by the longer
distance, and transfer is piecewise constant. Relaxation is damped Jacobi instead of two colours: no
order of voxels, so sides of any length may be periodic, and cycles are symmetric by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

DAMPING: Final = 0.85
"""Below 1, so that every sweep reduces the energy of the error (λ(D⁻¹A) ≤ 2)."""
N_SWEEPS: Final = 2
N_SETTLE: Final = 24
COARSEST: Final = 4
WIDEST: Final = 1.5
"""An axis whose spacing is this much wider than the narrowest is not merged further."""


@dataclass(frozen=True)
class Level:
    """One grid: conductances of the faces before and behind every voxel, per axis."""

    faces: tuple[Tensor, Tensor, Tensor]
    """Along each axis one face more than voxels; the sides' faces are 0, or both the same."""
    inverse: Tensor
    """1 over the sum of a voxel's faces; 0 where nothing conducts."""
    block: tuple[int, ...] = (1, 1, 1)
    """How many voxels of the next finer grid merge along each axis."""

    def flow(self, x: Tensor, degree: Tensor | None = None) -> Tensor:
        """Return A x, both ends held at 0."""
        return (degree if degree is not None else sum_of_faces(self.faces)) * x - self.around(x)

    def around(self, x: Tensor) -> Tensor:
        """Return the sum of faces times neighbours."""
        through, across, along = self.faces
        total = torch.zeros_like(x)
        total[1:] += through[1:-1] * x[:-1]
        total[:-1] += through[1:-1] * x[1:]
        for axis, faces in ((1, across), (2, along)):
            n = x.shape[axis]
            total += faces.narrow(axis, 0, n) * x.roll(1, axis)
            total += faces.narrow(axis, 1, n) * x.roll(-1, axis)
        return total

    def relax(self, load: Tensor, x: Tensor, n_sweeps: int) -> None:
        """Take damped Jacobi sweeps in place."""
        for _ in range(n_sweeps):
            x.lerp_(self.inverse * (load + self.around(x)), DAMPING)


def sum_of_faces(faces: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Return the sum of every voxel's six faces."""
    total = faces[0][:-1] + faces[0][1:]
    for axis in (1, 2):
        n = faces[axis].shape[axis] - 1
        total = total + faces[axis].narrow(axis, 0, n) + faces[axis].narrow(axis, 1, n)
    return total


def build_levels(faces: tuple[Tensor, Tensor, Tensor], spacing: list[float]) -> list[Level]:
    """Merge the finest faces into ever coarser grids, the finest first."""
    levels = [_level(faces, (1, 1, 1))]
    spacing = list(spacing)
    while max(levels[-1].inverse.shape) > COARSEST:
        shape = levels[-1].inverse.shape
        narrowest = min(h for h, n in zip(spacing, shape, strict=True) if n > 1)
        block = tuple(
            2 if n > 1 and h <= WIDEST * narrowest else 1
            for h, n in zip(spacing, shape, strict=True)
        )
        levels.append(_level(_merge(levels[-1].faces, block), block))
        spacing = [h * b for h, b in zip(spacing, block, strict=True)]
    return levels


def cycle(levels: list[Level], load: Tensor, depth: int = 0) -> Tensor:
    """Approximate the solution for a load; from the second grid on, grids are visited twice."""
    level = levels[depth]
    x = DAMPING * level.inverse * load
    if depth == len(levels) - 1:
        level.relax(load, x, N_SETTLE)
        return x
    level.relax(load, x, N_SWEEPS - 1)
    below = levels[depth + 1]
    for _ in range(1 if depth == 0 else 2):
        lacking = _pool(load - level.flow(x), below.block)
        x += _spread(cycle(levels, lacking, depth + 1), below.block, x.shape)
        x *= level.inverse > 0
        level.relax(load, x, N_SWEEPS)
    return x


def _level(faces: tuple[Tensor, Tensor, Tensor], block: tuple[int, ...]) -> Level:
    degree = sum_of_faces(faces)
    return Level(faces, torch.where(degree > 0, 1 / degree, 0.0), block)


def _merge(
    faces: tuple[Tensor, Tensor, Tensor], block: tuple[int, ...]
) -> tuple[Tensor, Tensor, Tensor]:
    merged = []
    for axis, own in enumerate(faces):
        n = own.shape[axis] - 1
        starts = [*range(0, n, block[axis]), n]
        kept = own.index_select(axis, torch.tensor(starts, device=own.device))
        across = tuple(1 if other == axis else b for other, b in enumerate(block))
        merged.append(_pool(kept, across) / block[axis])
    return (merged[0], merged[1], merged[2])


def _pool(x: Tensor, block: tuple[int, ...]) -> Tensor:
    """Sum over blocks; the last block of an axis may be shorter."""
    for axis, b in enumerate(block):
        if b == 1:
            continue
        n = x.shape[axis]
        first = x.index_select(axis, torch.arange(0, n, b, device=x.device))
        second = x.index_select(axis, torch.arange(1, n, b, device=x.device))
        first.narrow(axis, 0, second.shape[axis]).add_(second)
        x = first
    return x


def _spread(x: Tensor, block: tuple[int, ...], shape: torch.Size) -> Tensor:
    for axis, b in enumerate(block):
        if b > 1:
            x = x.repeat_interleave(b, axis).narrow(axis, 0, shape[axis])
    return x
