"""Draw a volume from a network: any size, in blocks, on a torus or as a piece cut out of one.

The coarse field of the whole volume is kept (a sixteenth of a byte per voxel and channel, twice
during a step of the flow); each step
of the flow and the decoder read it block by block with the halo that they need, so nothing shows
where blocks meet. What is returned is the scores less those of the first phase, as half-precision
numbers, because correcting fractions needs all of them: 4 bytes a voxel for three phases.

A volume that is not periodic is cut out of a torus that is longer by ``_MARGIN`` voxels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from experiments.errors import Invalid
from simulators.microstructure.generative.coarse_field import CELL
from simulators.microstructure.generative.device import small_numbers_as_zero
from simulators.microstructure.generative.network import DECODER_HALO, VolumeNetwork
from simulators.microstructure.generative.noise import normal_noise
from simulators.microstructure.voxels import Labels

_COARSE_FIELD: Final = 0
_FINE_FIELD: Final = 1
"""Numbers of the two noise fields under one seed."""
_MARGIN: Final = 32
"""Voxels by which the torus of a volume that is not periodic is longer (assumed: two median
particles of the shipped model, more than the 1.6 over which structures forget each other)."""

Margins = npt.NDArray[np.float16]


@dataclass(frozen=True)
class Sampling:
    """How a volume is drawn."""

    is_periodic: bool = False
    decoder_block: int = 32
    """Coarse cells along the edge of a decoder's block: 128 voxels, some 0.6 GB at work."""
    flow_block: int = 64
    """Coarse cells along the edge of a flow step's block."""
    device: str = "cpu"


@small_numbers_as_zero()
def draw_margins(
    network: VolumeNetwork,
    labels: Sequence[float],
    shape: tuple[int, int, int],
    seed: int,
    how: Sampling | None = None,
) -> Margins:
    """Return every phase's score less the first's, `phase - 1 x z x y x x`.

    The same network, labels, shape and seed give the same volume; the size of blocks changes only
    rounding. Raises ``Invalid`` where a periodic shape is not a multiple of the coarse cell.
    """
    how = how or Sampling()
    if how.is_periodic and any(n % CELL for n in shape):
        raise Invalid(f"shape {shape}: a periodic volume's edges must be multiples of {CELL}")
    margin = 0 if how.is_periodic else _MARGIN
    cells = tuple(math.ceil((n + margin) / CELL) for n in shape)
    told = torch.tensor([list(labels)], dtype=torch.float32, device=how.device)
    with torch.inference_mode():
        field = _flowed(network, told, cells, seed, how)
        return _decoded(network, field, told, cells, shape, seed, how)


def _flowed(
    network: VolumeNetwork, labels: Tensor, cells: tuple[int, ...], seed: int, how: Sampling
) -> Tensor:
    """Return the coarse field of the torus, on the CPU."""
    n_coarse, n_steps = network.shape.n_coarse, network.shape.flow_steps
    field = torch.from_numpy(normal_noise(seed, _COARSE_FIELD, n_coarse, (0, 0, 0), cells, cells))
    halo = network.shape.step_halo
    for step in range(n_steps):
        time = torch.full((1,), step / n_steps, device=how.device)
        before = field
        field = before.clone()
        for start, size in _blocks(cells, how.flow_block):
            is_whole = size == cells and min(cells) >= 1
            part = before if is_whole else _wrapped(before, start, size, halo)
            moved = network.flow(part[None].to(how.device), time, labels, wrap=is_whole)[0]
            field[(slice(None), *_at(start, size))] += moved.cpu() / n_steps
    return field


def _decoded(
    network: VolumeNetwork,
    field: Tensor,
    labels: Tensor,
    cells: tuple[int, ...],
    shape: tuple[int, int, int],
    seed: int,
    how: Sampling,
) -> Margins:
    margins = np.empty((network.shape.n_phases - 1, *shape), dtype=np.float16)
    period = tuple(2 * n for n in cells)
    wanted = tuple(math.ceil(n / CELL) for n in shape)
    for start, size in _blocks(wanted, how.decoder_block):
        is_whole = size == cells
        halo = 0 if is_whole else DECODER_HALO
        part = field if is_whole else _wrapped(field, start, size, halo)
        noise = normal_noise(
            seed,
            _FINE_FIELD,
            network.shape.noise_channels,
            [2 * (i - halo) for i in start],
            [2 * (n + 2 * halo) for n in size],
            period,
        )
        scores = network.decoder(
            part[None].to(how.device),
            torch.from_numpy(noise)[None].to(how.device),
            labels,
            wrap=is_whole,
        )[0]
        found = (scores[1:] - scores[:1]).half().cpu().numpy()
        first = [CELL * i for i in start]
        kept = [min(CELL * n, edge - i) for n, edge, i in zip(size, shape, first, strict=True)]
        inside = found[(slice(None), *(slice(n) for n in kept))]
        margins[(slice(None), *_at(first, kept))] = inside
    return margins


def most_likely(margins: Margins) -> Labels:
    """Return the phase of the highest score in every voxel; the first phase's margin is 0."""
    best = margins[0]
    labels: Labels = (best > 0).astype(np.uint8)
    best = np.maximum(best, 0)
    for phase in range(1, len(margins)):
        labels[margins[phase] > best] = phase + 1
        best = np.maximum(best, margins[phase])
    return labels


def with_first(margins: Margins) -> Margins:
    """Return scores of all phases, the first's being 0 everywhere."""
    return np.concatenate([np.zeros_like(margins[:1]), margins])


def _blocks(cells: Sequence[int], edge: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return start and size of blocks that cover the cells."""
    axes = [[(i, min(edge, n - i)) for i in range(0, n, edge)] for n in cells]
    return [
        ((z, y, x), (n_z, n_y, n_x))
        for z, n_z in axes[0]
        for y, n_y in axes[1]
        for x, n_x in axes[2]
    ]


def _wrapped(field: Tensor, start: Sequence[int], size: Sequence[int], halo: int) -> Tensor:
    """Return a block of a torus with a halo, taken around its ends."""
    for axis, (i, n) in enumerate(zip(start, size, strict=True)):
        places = torch.arange(i - halo, i + n + halo) % field.shape[axis + 1]
        field = field.index_select(axis + 1, places)
    return field


def _at(start: Sequence[int], size: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(i, i + n) for i, n in zip(start, size, strict=True))
