"""A learned monotone warp of the outputs, so that a cliff does not flatten what lies above it.

Yeo & Johnson, Biometrika 87 (2000), eq. 2.1, with its power kept between 0 and 2, where the warp
maps the whole line onto the whole line. A power of 1 changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

LEAST, MOST = 0.05, 1.95
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(16)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def power_of(logit: Tensor) -> Tensor:
    """Return the power of an unbounded parameter; 0 gives a power of 1."""
    return LEAST + (MOST - LEAST) * torch.sigmoid(logit)


def warped(z: Tensor, power: Tensor) -> tuple[Tensor, Tensor]:
    """Return warped values and the logarithms of the warp's slope."""
    is_up = z >= 0
    up, down = torch.where(is_up, z, 0.0), torch.where(is_up, 0.0, -z)
    other = 2.0 - power
    value = torch.where(is_up, ((1 + up) ** power - 1) / power, -((1 + down) ** other - 1) / other)
    log_slope = torch.where(is_up, (power - 1) * torch.log1p(up), (other - 1) * torch.log1p(down))
    return value, log_slope


@dataclass(frozen=True)
class Warp:
    """The warp at one power, on standardised values."""

    power: float

    def forward(self, z: np.ndarray) -> np.ndarray:
        """Return warped values."""
        return np.asarray(warped(torch.as_tensor(z), torch.tensor(self.power))[0].numpy())

    def slope(self, z: np.ndarray) -> np.ndarray:
        """Return the warp's slope at unwarped values."""
        return np.asarray(np.exp(warped(torch.as_tensor(z), torch.tensor(self.power))[1].numpy()))

    def inverse(self, w: np.ndarray) -> np.ndarray:
        """Return what was warped."""
        other = 2.0 - self.power
        up = (1 + self.power * np.maximum(w, 0.0)) ** (1 / self.power) - 1
        down = 1 - (1 - other * np.minimum(w, 0.0)) ** (1 / other)
        return np.asarray(np.where(w >= 0, up, down))

    def moments(self, mean: np.ndarray, sd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation, unwarped, of values normal when warped."""
        values = self.inverse(mean[:, None] + sd[:, None] * _NODES)
        center = values @ _WEIGHTS
        variance = (values - center[:, None]) ** 2 @ _WEIGHTS
        return center, np.sqrt(variance)
