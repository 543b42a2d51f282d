"""BoTorch's signed multi-task and multi-fidelity processes behind our interface, as rivals.

Same data, standardisation, acquisition and level choice; kernel, priors, noise and fit are theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from botorch import fit_gpytorch_mll
from botorch.models import MultiTaskGP, SingleTaskGP, SingleTaskMultiFidelityGP
from gpytorch.kernels import IndexKernel, Kernel
from gpytorch.mlls import ExactMarginalLogLikelihood
from torch import Tensor

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.known_constraints import unconstrained
from agents.surrogates import belief
from agents.surrogates.hyper_prior import Layout, Priors
from agents.surrogates.level_data import LevelData
from agents.surrogates.multi_level_gp import Rows
from agents.surrogates.process import Process
from agents.surrogates.standardisation import standardisation
from experiments.ranking import Question, Ranking

Fit = Callable[[LevelData, tuple[int, ...]], Process]
CHEAP_FIDELITY: Final = 0.5
"""What the fidelity parameter of a cheap level is taken as; the target's is 1."""


class BotorchDecider(CellwrightDecider):
    """Our decider with BoTorch's surrogate in place of ours."""

    def __init__(self, fit: Fit) -> None:
        super().__init__(screen=unconstrained)
        self._fit = fit

    def rank(self, question: Question) -> Ranking:
        """Return our ranking under BoTorch's surrogate."""
        ours = belief.fit
        belief.fit = self._fit
        try:
            return super().rank(question)
        finally:
            belief.fit = ours


@dataclass(frozen=True)
class BotorchProcess(Process):
    """Our process with the kernel and the noise of a fitted BoTorch model."""

    kernel: Kernel
    level_value: Tensor
    """What the model's level column holds, by level."""
    variances: np.ndarray
    """Of an observation's noise, by level."""

    def prior(self, a: Rows, b: Rows) -> Tensor:
        """Return the model's prior covariance."""
        with torch.no_grad():
            dense: Tensor = self.kernel(self._columns(a), self._columns(b)).to_dense()
        return dense[None]

    def prior_variance(self, rows: Rows) -> Tensor:
        """Return the model's prior variance."""
        with torch.no_grad():
            diagonal: Tensor = self.kernel(self._columns(rows), diag=True)
        return diagonal[None]

    def noise(self) -> np.ndarray:
        """Return the model's noise variances."""
        return self.variances[None]

    def lengths(self) -> list[float]:
        """Return nothing; no benchmark asks."""
        return [1.0] * (max(self.group) + 1)

    def _columns(self, rows: Rows) -> Tensor:
        return torch.cat([rows.x, self.level_value[rows.level][:, None]], dim=1)


def fit_signed_multi_task(data: LevelData, group: tuple[int, ...]) -> Process:
    """Fit ``MultiTaskGP`` with a level covariance of either sign."""
    level_value = torch.arange(len(data.scatter), dtype=torch.double)
    return _fit(data, group, lambda x, y: _signed_multi_task(data, x, y), level_value)


def fit_multi_fidelity(data: LevelData, group: tuple[int, ...]) -> Process:
    """Fit ``SingleTaskMultiFidelityGP``; the target's fidelity is 1."""
    value = torch.full((len(data.scatter),), CHEAP_FIDELITY, dtype=torch.double)
    value[0] = 1.0

    def make(x: Tensor, y: Tensor) -> SingleTaskMultiFidelityGP:
        return SingleTaskMultiFidelityGP(x, y, data_fidelities=[-1], outcome_transform=None)

    return _fit(data, group, make, value)


def _signed_multi_task(data: LevelData, x: Tensor, y: Tensor) -> MultiTaskGP:
    n_levels = len(data.scatter)
    model = MultiTaskGP(
        x, y, task_feature=-1, outcome_transform=None, all_tasks=list(range(n_levels))
    )
    between = IndexKernel(num_tasks=n_levels, rank=n_levels, active_dims=[x.shape[-1] - 1])
    between.initialize(
        covar_factor=torch.full((n_levels, n_levels), 0.6) + 0.2 * torch.eye(n_levels),
        var=torch.full((n_levels,), 0.1),
    )
    model.covar_module = model.covar_module.kernels[0] * between.double()
    return model


def _fit(
    data: LevelData,
    group: tuple[int, ...],
    make: Callable[[Tensor, Tensor], SingleTaskGP | MultiTaskGP],
    level_value: Tensor,
) -> Process:
    location, scale = standardisation(data)
    x = torch.cat([torch.as_tensor(data.x), level_value[data.level][:, None]], dim=1)
    y = torch.as_tensor((data.y - location[data.level]) / scale)[:, None]
    if len(data.scatter) == 1:
        model = SingleTaskGP(x[:, :-1], y, outcome_transform=None)
        model.covar_module.active_dims = torch.arange(data.x.shape[1])
    else:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = make(x, y)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    n_levels = len(data.scatter)
    with torch.no_grad():
        rows = torch.cat([x[:1, :-1].expand(n_levels, -1), level_value[:, None]], dim=1)
        shift = model.mean_module(rows if n_levels > 1 else rows[:, :-1])
        shift = (shift.diagonal() if shift.ndim == 2 else shift).numpy()
        variances = model.likelihood.noise.expand(n_levels).numpy()
    layout = Layout(data, group, scale, Priors(warp_sd=1e-6))
    return BotorchProcess(
        hyperparameters=layout.unpack(layout.center[None]),
        weights=np.ones(1),
        group=group,
        location=location + scale * shift,
        scale=scale,
        x=data.x,
        level=data.level,
        latent=(y[:, 0].numpy() - shift[data.level])[None],
        kernel=model.covar_module.eval(),
        level_value=level_value,
        variances=variances,
    )
