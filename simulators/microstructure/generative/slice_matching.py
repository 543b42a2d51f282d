"""What the network learns from sections alone: volumes whose sections look like the real ones.

A generated volume is cut along three axes. Its sections and real ones must agree in two-point
statistics and in the distributions of the answers of random filters at several scales, compared by
their sorted values: the sliced Wasserstein distance between patches (Elnekave and Weiss 2022,
ECCV, arXiv:2203.11862). There is no critic to train. All three axes are held against the same
sections, so the volume is taken to be isotropic.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from simulators.microstructure.generative.coarse_field import CELL
from simulators.microstructure.generative.network import VolumeNetwork
from simulators.microstructure.generative.samples import Sample
from simulators.microstructure.generative.two_point import hard, pair_loss, pair_probabilities

_LAGS: Final = tuple(
    (0, *lag)
    for lag in (
        (0, 0), (0, 1), (1, 0), (1, 1), (1, -1), (0, 2), (2, 0), (0, 4), (4, 0), (0, 8), (8, 0),
        (0, 14), (14, 0),
    )
)  # fmt: skip
"""In-plane distances in voxels."""
_SECTIONS: Final = 6
"""Sections an axis of a generated volume, and in all three times as many real ones."""
_FILTERS: Final = 24
_FILTER_EDGE: Final = 5
_SCALES: Final = (1, 2, 4)
_ANSWERS: Final = 8192
"""Values of every filter that are sorted and compared."""
_FILTER_WEIGHT: Final = 3.0
"""Of the filters beside the two-point statistics (assumed)."""


class SliceMatching:
    """Losses of a network on sections: of labelled volumes, of labelled images, or of one image."""

    name = "two-point statistics and random filters of sections"

    def __init__(
        self, network: VolumeNetwork, samples: Sequence[Sample], label_vectors: Tensor, *, crop: int
    ) -> None:
        self._network = network
        self._labels = label_vectors
        self._edge = CELL * (crop // CELL)
        self._by_label: dict[int, list[Tensor]] = {}
        for sample in samples:
            self._by_label.setdefault(sample.label, []).append(torch.from_numpy(sample.labels))

    def losses(self, random: torch.Generator) -> dict[str, Tensor]:
        """Return the losses of one step: one generated volume of one random label."""
        network = self._network
        device = network.coarse_mean.device
        labels = list(self._by_label)
        label = labels[int(torch.randint(len(labels), (1,), generator=random))]
        real = torch.stack([self._section(label, random) for _ in range(3 * _SECTIONS)])
        real_phases = _one_hot(real, network.shape.n_phases).to(device)
        n = self._edge // CELL
        coarse = torch.randn((1, network.shape.n_coarse, n, n, n), generator=random)
        fine = torch.randn((1, network.shape.noise_channels, *(2 * n,) * 3), generator=random)
        told = self._labels[label : label + 1].to(device)
        made = _sections(hard(network(coarse.to(device), fine.to(device), told).float()), random)
        return {
            "pairs": pair_loss(_pairs(made), _pairs(real_phases)),
            "filters": _FILTER_WEIGHT
            * torch.stack(
                [_filter_distance(made, real_phases, scale, random) for scale in _SCALES]
            ).mean(),
        }

    def _section(self, label: int, random: torch.Generator) -> Tensor:
        """Return a random square piece of a random section, randomly mirrored and turned."""
        choices = self._by_label[label]
        volume = choices[int(torch.randint(len(choices), (1,), generator=random))]
        axis = int(torch.randint(3, (1,), generator=random)) if volume.shape[0] > 1 else 0
        place = int(torch.randint(volume.shape[axis], (1,), generator=random))
        section = volume.select(axis, place)
        for side in (0, 1):
            room = section.shape[side] - self._edge
            section = section.narrow(
                side, int(torch.randint(room + 1, (1,), generator=random)), self._edge
            )
        turned = torch.rot90(section, int(torch.randint(4, (1,), generator=random)))
        return turned.flip(0) if torch.rand(1, generator=random) < 0.5 else turned


def _sections(phases: Tensor, random: torch.Generator) -> Tensor:
    """Return sections of one volume along the three axes, `section x phase x y x x`."""
    found = []
    for axis in (2, 3, 4):
        n = phases.shape[axis]
        places = torch.randperm(n, generator=random)[:_SECTIONS].to(phases.device)
        found.append(phases.index_select(axis, places).movedim(axis, 1)[0])
    return torch.cat(found)


def _pairs(sections: Tensor) -> Tensor:
    """Return pair probabilities averaged over sections and over the two senses of a pair."""
    found = pair_probabilities(sections[:, :, None], _LAGS).mean(dim=0)
    return (found + found.transpose(1, 2)) / 2.0


def _filter_distance(made: Tensor, real: Tensor, scale: int, random: torch.Generator) -> Tensor:
    """Return the mean squared difference of sorted answers, in the real ones' variances."""
    edge = (_FILTER_EDGE, _FILTER_EDGE)
    weight = torch.randn((_FILTERS, made.shape[1], *edge), generator=random).to(made.device)
    answers = []
    for sections in (made, real):
        seen = functional.avg_pool2d(sections, scale) if scale > 1 else sections
        found = functional.conv2d(seen, weight).transpose(0, 1).flatten(1)
        chosen = torch.randperm(found.shape[1], generator=random)[:_ANSWERS].to(made.device)
        answers.append(found[:, chosen].sort(dim=1).values)
    spread = answers[1].var(dim=1, keepdim=True) + 1e-6
    return ((answers[0] - answers[1]) ** 2 / spread).mean()


def _one_hot(labels: Tensor, n_phases: int) -> Tensor:
    return functional.one_hot(labels.long(), n_phases).movedim(-1, 1).float()
