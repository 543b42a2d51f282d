"""Priors on the hyperparameters, and the one vector that a fit works on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from agents.surrogates.level_data import LevelData
from agents.surrogates.multi_level_gp import Hyperparameters

LARGE_LOG_NOISE = -1.0
"""A noise of 0.6 of the outputs' spread."""


@dataclass(frozen=True)
class Priors:
    """Normal priors on the transformed hyperparameters (all assumed; outputs standardised).

    The length scale's median grows with the root of the number of parameters (Hvarfner, Hellsten &
    Nardi, ICML 2024); a cheap level is expected to follow the target, and may follow its negative.
    """

    length_median: float = 0.6
    length_sd: float = 0.8
    sd_sd: float = 0.7
    slope_mean: float = 1.0
    slope_sd: float = 0.6
    own_sd_median: float = 0.25
    own_sd_sd: float = 1.0
    noise_variance: float = 3e-4
    noise_sd: float = 2.0
    target_noise_sd: float = 1.0
    noise_model_sd: float = 0.4
    """Added to a pooled variance's own uncertainty: volumes are few and P2D is not linear."""
    warp_sd: float = 1.0


class Layout:
    """The hyperparameters as one vector, with the normal prior of each entry."""

    def __init__(
        self, data: LevelData, group: tuple[int, ...], scale: float, priors: Priors
    ) -> None:
        n_levels, n_groups = len(data.scatter), max(group) + 1
        self.n_groups, self.n_levels = n_groups, n_levels
        n_cheap = n_levels - 1
        length = math.log(priors.length_median) + 0.5 * math.log(n_groups)
        self._is_unmeasured = torch.tensor([s is None for s in data.scatter[1:]], dtype=torch.bool)
        widths = [priors.target_noise_sd, *[priors.noise_sd] * n_cheap]
        noise = [
            _noise_prior(scatter, scale, width, priors)
            for scatter, width in zip(data.scatter, widths, strict=True)
        ]
        entries = [
            *[(length, priors.length_sd)] * n_groups,
            (0.0, priors.sd_sd),
            *[(priors.slope_mean, priors.slope_sd)] * n_cheap,
            *[(math.log(priors.own_sd_median), priors.own_sd_sd)] * n_cheap,
            *[(length, priors.length_sd)] * n_cheap,
            *noise,
            (0.0, priors.warp_sd),
        ]
        self.center = torch.tensor([center for center, _ in entries], dtype=torch.double)
        self.width = torch.tensor([width for _, width in entries], dtype=torch.double)

    def starts(self) -> list[Tensor]:
        """Return vectors to search from: the center, rougher functions, and noisier cheap levels.

        The last only where a cheap level's noise was not measured, so that it may turn out large.
        The target is never taken for noise: it is what the campaign trusts.
        """
        rougher = self.center.clone()
        rougher[: self.n_groups] -= 1.0
        noisier = self.center.clone()
        noise = noisier[-self.n_levels : -1]
        noise[self._is_unmeasured] = LARGE_LOG_NOISE
        found = [self.center.clone(), rougher]
        return [*found, noisier] if bool(self._is_unmeasured.any()) else found

    def unpack(self, v: Tensor) -> Hyperparameters:
        """Return the hyperparameters that vectors (last dimension) hold."""
        sizes = [self.n_groups, 1, *[self.n_levels - 1] * 3, self.n_levels, 1]
        length, sd, slope, own_sd, own_length, noise, warp = torch.split(v, sizes, dim=-1)
        return Hyperparameters(
            log_length=length,
            log_sd=sd[..., 0],
            slope=slope,
            log_own_sd=own_sd,
            log_own_length=own_length,
            log_noise=noise,
            warp_logit=warp[..., 0],
        )


def _noise_prior(
    scatter: tuple[float, int] | None, scale: float, width: float, priors: Priors
) -> tuple[float, float]:
    """Return center and width of a log noise variance; ln s² has variance about 2/ν.

    ``width`` counts where no scatter was measured.
    """
    if scatter is None:
        return math.log(priors.noise_variance), width
    variance, degrees = scatter
    floor = 1e-6
    return (
        math.log(max(variance / scale**2, floor)),
        math.sqrt(2.0 / degrees + priors.noise_model_sd**2),
    )
