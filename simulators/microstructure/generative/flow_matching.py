"""What the network learns from volumes: to transport noise, and to draw voxels from distances.

Regressions that need no critic. The flow's velocity at a random point of the straight line
from noise to a real coarse field is regressed on the line's direction (Lipman et al. 2023, ICLR,
arXiv:2210.02747). The decoder is taught by cross-entropy on the voxels of a real volume whose
coarse field is blurred by some noise, so that it bears the flow's small errors, and by two-point
statistics of the same volume, because the likeliest voxels alone lose thin films.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from simulators.microstructure.generative.coarse_field import CELL, coarse_field
from simulators.microstructure.generative.network import DECODER_HALO, VolumeNetwork
from simulators.microstructure.generative.samples import Sample
from simulators.microstructure.generative.two_point import hard, pair_loss, pair_probabilities

_BLUR: Final = 0.15
"""Largest noise on the coarse fields the decoder learns from, in their standard deviations
(assumed; about the error of a flow of few steps)."""
_FLOW_EDGE: Final = 32
"""Coarse cells along the edge of the flow's pieces, where samples are as large."""
_PAIR_WEIGHT: Final = 0.3
"""Of the two-point statistics beside the cross-entropy (assumed; both start near 1)."""


class FlowMatching:
    """Losses of a network on labelled volumes."""

    name = "flow matching of distances; cross-entropy and two-point statistics of voxels"

    def __init__(
        self,
        network: VolumeNetwork,
        samples: Sequence[Sample],
        label_vectors: Tensor,
        *,
        crop: int,
        batch: int,
    ) -> None:
        self._network = network
        self._samples = samples
        self._labels = label_vectors[torch.tensor([sample.label for sample in samples])]
        self._crop, self._batch = crop, batch
        self._voxels = [torch.from_numpy(sample.labels) for sample in samples]
        fields = [_field(sample, network.shape.n_phases) for sample in samples]
        _standardise(network, fields)
        mean, sd = network.coarse_mean.cpu(), network.coarse_sd.cpu()
        self._coarse = [(one - _as_field(mean)) / _as_field(sd) for one in fields]

    def losses(self, random: torch.Generator) -> dict[str, Tensor]:
        """Return the losses of one step, on random pieces of random samples."""
        return {"flow": self._flow_loss(random), **self._decoder_losses(random)}

    def _flow_loss(self, random: torch.Generator) -> Tensor:
        network = self._network
        device = network.coarse_mean.device
        chosen = torch.randint(len(self._coarse), (self._batch,), generator=random)
        fields = [self._coarse[i] for i in chosen.tolist()]
        edge = min(_FLOW_EDGE, *(n for field in fields for n in field.shape[1:]))
        pieces = [_piece(field, _corner(field, edge, random), edge) for field in fields]
        target = _turned(torch.stack(pieces), *_symmetry(random))
        noise = torch.randn(target.shape, generator=random)
        # one time in every equal part of the unit interval: less scatter than drawing all freely
        time = (torch.arange(self._batch) + torch.rand(1, generator=random)) / self._batch
        mixed = torch.lerp(noise, target, time[:, None, None, None, None])
        speed = network.flow(
            mixed.to(device), time.to(device), self._labels[chosen].to(device), wrap=False
        )
        halo = network.shape.step_halo
        wanted = _inner(target - noise, halo).to(device)
        return functional.mse_loss(speed.float(), wanted)

    def _decoder_losses(self, random: torch.Generator) -> dict[str, Tensor]:
        network = self._network
        device = network.coarse_mean.device
        chosen = int(torch.randint(len(self._voxels), (1,), generator=random))
        field, voxels = self._coarse[chosen], self._voxels[chosen][None]
        start = _corner(field, self._crop // CELL, random)
        field = _piece(field, start, self._crop // CELL)[None]
        voxels = _piece(voxels, [CELL * i for i in start], self._crop)
        flips, swap = _symmetry(random)
        field, voxels = _turned(field, flips, swap), _turned(voxels[None], flips, swap)
        blur = _BLUR * torch.rand(1, generator=random)
        field = field + blur * torch.randn(field.shape, generator=random)
        fine = [2 * n for n in field.shape[2:]]
        noise = torch.randn((1, network.shape.noise_channels, *fine), generator=random)
        labels = self._labels[chosen : chosen + 1].to(device)
        scores = network.decoder(field.to(device), noise.to(device), labels, wrap=False).float()
        wanted = _inner(voxels, CELL * DECODER_HALO)[:, 0].long().to(device)
        real = functional.one_hot(wanted, network.shape.n_phases).movedim(-1, 1).float()
        return {
            "voxels": functional.cross_entropy(scores, wanted),
            "pairs": _PAIR_WEIGHT
            * pair_loss(pair_probabilities(hard(scores)), pair_probabilities(real)),
        }


def _field(sample: Sample, n_phases: int) -> Tensor:
    """Return the sample's distances; the volume ends at whole cells."""
    whole = tuple(slice(CELL * (n // CELL)) for n in sample.labels.shape)
    return torch.from_numpy(coarse_field(np.ascontiguousarray(sample.labels[whole]), n_phases))


def _standardise(network: VolumeNetwork, fields: Sequence[Tensor]) -> None:
    """Tell the network the mean and spread of every channel of the coarse fields."""
    flat = torch.cat([one.flatten(1) for one in fields], dim=1)
    network.coarse_mean.copy_(flat.mean(dim=1))
    network.coarse_sd.copy_(flat.std(dim=1))


def _corner(field: Tensor, edge: int, random: torch.Generator) -> list[int]:
    """Return where a random cube of a `channel x z x y x x` field starts."""
    rooms = [n - edge + 1 for n in field.shape[1:]]
    return [int(torch.randint(room, (1,), generator=random)) for room in rooms]


def _piece(field: Tensor, start: Sequence[int], edge: int) -> Tensor:
    for axis, i in enumerate(start, start=1):
        field = field.narrow(axis, i, edge)
    return field


def _symmetry(random: torch.Generator) -> tuple[list[int], bool]:
    """Return axes of the plane to mirror, and whether to exchange them, at random.

    Coatings are alike in all directions of the plane; through the thickness nothing is turned.
    """
    flips = [axis for axis in (3, 4) if torch.rand(1, generator=random) < 0.5]
    return flips, bool(torch.rand(1, generator=random) < 0.5)


def _turned(batch: Tensor, flips: list[int], swap: bool) -> Tensor:
    batch = batch.flip(flips) if flips else batch
    return batch.transpose(3, 4) if swap else batch


def _inner(x: Tensor, n: int) -> Tensor:
    return x[:, :, n:-n, n:-n, n:-n]


def _as_field(values: Tensor) -> Tensor:
    return values[:, None, None, None]
