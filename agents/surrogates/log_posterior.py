"""The log posterior of hyperparameter vectors, many at a time, with its gradient."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import torch

from agents.surrogates.hyper_prior import Layout
from agents.surrogates.level_data import LevelData
from agents.surrogates.multi_level_gp import JITTER, Rows, covariance
from agents.surrogates.warp import power_of, warped

MOST_ENTRIES: Final = 400_000
"""Of the covariance matrices that are worked on at once."""
LOST: Final = -1e10


class LogPosterior:
    """Value and gradient of the log posterior of hyperparameter vectors."""

    def __init__(
        self,
        data: LevelData,
        group: tuple[int, ...],
        location: np.ndarray,
        scale: float,
        layout: Layout,
    ) -> None:
        self._rows = Rows(torch.as_tensor(data.x), torch.as_tensor(data.level))
        self._y = torch.as_tensor((data.y - location[data.level]) / scale)
        self._group = torch.as_tensor(group)
        self._layout = layout

    def negative(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        """Return minus the value and minus the gradient at one vector."""
        values, gradients = self.many(vector[None])
        return -float(values[0]), -gradients[0]

    def many(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return values and gradients at rows; ``LOST`` and 0 where there is no Cholesky factor."""
        values, gradients = [], []
        for block in np.array_split(vectors, math.ceil(len(vectors) / self._at_once)):
            value, gradient = self._block(block)
            values.append(value)
            gradients.append(gradient)
        return np.concatenate(values), np.concatenate(gradients)

    @property
    def _at_once(self) -> int:
        return max(1, MOST_ENTRIES // len(self._y) ** 2)

    def _block(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        v = torch.tensor(vectors, dtype=torch.double, requires_grad=True)
        layout = self._layout
        h = layout.unpack(v)
        latent, log_slope = warped(self._y, power_of(h.warp_logit)[:, None])
        noise = torch.exp(h.log_noise)[:, self._rows.level] * torch.exp(2 * log_slope)
        matrix = covariance(h, self._group, self._rows, self._rows)
        factor, failed = torch.linalg.cholesky_ex(matrix + torch.diag_embed(noise + JITTER))
        half = torch.linalg.solve_triangular(factor, latent[..., None], upper=False)
        diagonal = torch.diagonal(factor, dim1=1, dim2=2)
        value = log_slope.sum(1) - 0.5 * (half**2).sum((1, 2)) - torch.log(diagonal).sum(1)
        value = value - 0.5 * (((v - layout.center) / layout.width) ** 2).sum(1)
        lost = (failed != 0).numpy() | ~np.isfinite(value.detach().numpy())
        value[torch.as_tensor(~lost)].sum().backward()
        assert v.grad is not None
        return (
            np.where(lost, LOST, value.detach().numpy()),
            np.where(lost[:, None], 0.0, v.grad.numpy()),
        )
