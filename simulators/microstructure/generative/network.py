"""The network: white noise in, phase scores out, at any size, each voxel from its neighbourhood.

Two parts. The *coarse flow* moves white noise on cells of 4 voxels in a few steps to the signed
distances of ``coarse_field`` (flow matching: Lipman et al. 2023, ICLR, arXiv:2210.02747). The
*decoder* draws the voxels from those and fresh noise. Labels and the flow's time act by scaling
and shifting features (FiLM; Perez et al. 2018, AAAI 32). Nothing normalises over space and no
latent grid is stretched, so a volume of any size is a piece of one endless structure: it can be
computed in blocks, and on a torus (``wrap``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from experiments.frozen import Frozen

DECODER_HALO: Final = 5
"""Coarse cells that the decoder reads beyond a block: two by its first layers, one each by
interpolating and by the middle layers, and half of one by interpolating again; rounded up."""
_LEAK: Final = 0.2


class NetworkShape(Frozen):
    """How large the network is; the defaults are those of the shipped model."""

    n_labels: int = Field(ge=0, le=16)
    n_phases: int = Field(default=3, ge=2, le=4)
    flow_width: int = Field(default=32, ge=2, le=256)
    flow_layers: int = Field(default=3, ge=1, le=16)
    """Hidden layers of the flow; a step reads ``flow_layers + 2`` cells around a cell."""
    flow_steps: int = Field(default=6, ge=1, le=256)
    decoder_width: int = Field(default=32, ge=2, le=256)
    middle_width: int = Field(default=24, ge=2, le=128)
    fine_width: int = Field(default=16, ge=2, le=64)
    noise_channels: int = Field(default=2, ge=1, le=16)
    """Channels of the decoder's noise, on cells of 2 voxels."""
    label_width: int = Field(default=64, ge=2, le=256)

    @property
    def n_coarse(self) -> int:
        """Return the channels of the coarse field: every phase but the last."""
        return self.n_phases - 1

    @property
    def step_halo(self) -> int:
        """Return the coarse cells that one step of the flow reads beyond a block."""
        return self.flow_layers + 2


class CoarseFlow(nn.Module):
    """Velocity of the coarse field at a time between noise (0) and structure (1)."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        width = shape.flow_width
        self.first = nn.Conv3d(shape.n_coarse, width, 3)
        self.hidden = nn.ModuleList(nn.Conv3d(width, width, 3) for _ in range(shape.flow_layers))
        self.last = nn.Conv3d(width, shape.n_coarse, 3)
        self.film = _Film(shape.n_labels + 4, shape.label_width, [width] * (1 + shape.flow_layers))

    def forward(self, field: Tensor, time: Tensor, labels: Tensor, *, wrap: bool) -> Tensor:
        """Return `batch x n_coarse x z x y x x`; without ``wrap`` smaller by the step's halo.

        ``time`` is `batch`, ``labels`` `batch x n_labels`.
        """
        angle = time[:, None] * torch.pi
        clock = torch.cat([time[:, None], angle.sin(), angle.cos(), (2 * angle).cos()], dim=1)
        films = self.film(torch.cat([labels, clock], dim=1))
        x = _acted(_conv(self.first, field, wrap), films[0])
        for conv, film in zip(self.hidden, films[1:], strict=True):
            x = _acted(_conv(conv, x, wrap), film) + (x if wrap else _inner(x, 1))
        return _conv(self.last, x, wrap)


class Decoder(nn.Module):
    """Coarse field and noise to the scores of every voxel's phases."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        s = shape
        self.coarse = nn.ModuleList(
            [
                nn.Conv3d(s.n_coarse, s.decoder_width, 3),
                nn.Conv3d(s.decoder_width, s.decoder_width, 3),
            ]
        )
        self.narrow = nn.Conv3d(s.decoder_width, s.middle_width, 1)
        self.middle = nn.ModuleList(
            [
                nn.Conv3d(s.middle_width + s.noise_channels, s.middle_width, 3),
                nn.Conv3d(s.middle_width, s.middle_width, 3),
            ]
        )
        self.thin = nn.Conv3d(s.middle_width, s.fine_width, 1)
        self.fine = nn.Conv3d(s.fine_width, s.fine_width, 1)
        self.score = nn.Conv3d(s.fine_width, s.n_phases, 3)
        widths = [*[s.decoder_width] * 2, *[s.middle_width] * 2, *[s.fine_width] * 2]
        self.film = _Film(s.n_labels, s.label_width, widths)

    def forward(self, field: Tensor, noise: Tensor, labels: Tensor, *, wrap: bool) -> Tensor:
        """Return scores `batch x n_phases x z x y x x`.

        ``noise`` lies on cells of 2 voxels over the field's extent. Without ``wrap`` the result
        covers the field less ``DECODER_HALO`` cells on every side.
        """
        films = self.film(labels)
        x = _acted(_conv(self.coarse[0], field, wrap), films[0])
        x = _acted(_conv(self.coarse[1], x, wrap), films[1])
        x = _doubled(self.narrow(x), wrap)
        x = torch.cat([x, noise if wrap else _inner(noise, 6)], dim=1)
        x = _acted(_conv(self.middle[0], x, wrap), films[2])
        x = _acted(_conv(self.middle[1], x, wrap), films[3])
        x = _acted(_doubled(self.thin(x), wrap), films[4])
        x = _conv(self.score, _acted(self.fine(x), films[5]), wrap)
        return x if wrap else _inner(x, 1)


class VolumeNetwork(nn.Module):
    """The coarse flow, the decoder, and what the coarse field's numbers mean."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        self.flow = CoarseFlow(shape)
        self.decoder = Decoder(shape)
        self.coarse_mean: Tensor
        self.coarse_sd: Tensor
        self.register_buffer("coarse_mean", torch.zeros(shape.n_coarse))
        self.register_buffer("coarse_sd", torch.ones(shape.n_coarse))
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, a=_LEAK)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for last in (self.flow.last, self.decoder.score):
            nn.init.zeros_(last.weight)  # begin with no movement and no preference

    def forward(self, coarse: Tensor, noise: Tensor, labels: Tensor) -> Tensor:
        """Return the scores of a torus: the flow from ``coarse`` noise, then the decoder."""
        made: Tensor = self.decoder(self.coarse_field(coarse, labels), noise, labels, wrap=True)
        return made

    def coarse_field(self, coarse: Tensor, labels: Tensor) -> Tensor:
        """Return the standardised coarse field that the flow makes of white noise, on a torus."""
        n = self.shape.flow_steps
        for step in range(n):
            time = coarse.new_full((len(coarse),), step / n)
            coarse = coarse + self.flow(coarse, time, labels, wrap=True) / n
        return coarse


class _Film(nn.Module):
    """Scale and shift of every layer's channels, from a vector."""

    def __init__(self, n_inputs: int, width: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = list(widths)
        self.inner = nn.Sequential(
            nn.Linear(max(n_inputs, 1), width), nn.SiLU(), nn.Linear(width, width), nn.SiLU()
        )
        self.outer = nn.Linear(width, 2 * sum(widths))
        nn.init.normal_(self.outer.weight, std=0.02)
        nn.init.zeros_(self.outer.bias)

    def forward(self, vector: Tensor) -> list[Tensor]:
        """Return one `batch x 2 width x 1 x 1 x 1` tensor a layer."""
        if vector.shape[1] == 0:
            vector = vector.new_zeros(len(vector), 1)
        made = self.outer(self.inner(vector))[:, :, None, None, None]
        return list(made.split([2 * width for width in self.widths], dim=1))


def _conv(conv: nn.Module, x: Tensor, wrap: bool) -> Tensor:
    made: Tensor = conv(functional.pad(x, (1,) * 6, mode="circular") if wrap else x)
    return made


def _acted(x: Tensor, film: Tensor) -> Tensor:
    gain, shift = film.chunk(2, dim=1)
    return functional.leaky_relu_(torch.addcmul(shift, x, 1.0 + gain), _LEAK)


def _inner(x: Tensor, n: int) -> Tensor:
    return x[:, :, n:-n, n:-n, n:-n]


def _doubled(x: Tensor, wrap: bool) -> Tensor:
    """Return the field interpolated to cells of half the size, without its outermost cells."""
    if wrap:
        x = functional.pad(x, (1,) * 6, mode="circular")
    x = functional.interpolate(x, scale_factor=2, mode="trilinear", align_corners=False)
    return _inner(x, 2)
