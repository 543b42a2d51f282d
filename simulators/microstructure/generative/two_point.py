"""Two-point statistics of phases: how often two voxels a short way apart are of which phases.

At distance 0 they are the phases' fractions, at distance 1 across unlike phases the interface
areas, further on they hold sizes and necks. Differentiable in the phases' indicators.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

Lag = tuple[int, int, int]

LAGS: Final[tuple[Lag, ...]] = (
    (0, 0, 0),
    *((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    *((1, 1, 0), (1, 0, -1), (0, 1, 1)),
    *((3, 0, 0), (0, 3, 0), (0, 0, 3)),
)
"""Voxels between the two points, along z, y, x."""
_FLOOR: Final = 0.01
"""Added to a probability before errors are taken relative to it: rarer pairs count less."""


def hard(scores: Tensor) -> Tensor:
    """Return one-hot phases of the highest scores that pass gradients on as the soft phases would.

    The straight-through estimator (Bengio, Léonard and Courville 2013, arXiv:1308.3432), so that
    statistics are those of the voxels that are delivered.
    """
    soft = scores.softmax(dim=1)
    one_hot = functional.one_hot(scores.argmax(dim=1), scores.shape[1]).movedim(-1, 1)
    return one_hot + soft - soft.detach()


def pair_probabilities(phases: Tensor, lags: Sequence[Lag] = LAGS) -> Tensor:
    """Return `batch x lag x phase x phase` of indicators `batch x phase x z x y x x`.

    Pairs are taken within the volume only.
    """
    found = []
    for lag in lags:
        here, there = phases, phases
        for axis, step in enumerate(lag, start=2):
            n = phases.shape[axis] - abs(step)
            here = here.narrow(axis, max(-step, 0), n)
            there = there.narrow(axis, max(step, 0), n)
        n_voxels = here[0, 0].numel()
        found.append(torch.einsum("bizyx,bjzyx->bij", here, there) / n_voxels)
    return torch.stack(found, dim=1)


def pair_loss(made: Tensor, real: Tensor) -> Tensor:
    """Return the mean squared relative difference of two sets of pair probabilities."""
    return (((made - real) / (real + _FLOOR)) ** 2).mean()
