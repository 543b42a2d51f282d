"""Expected hypervolume improvement in logarithms, over noisy and pending points."""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.special import logsumexp

from agents.acquisition.expected_improvement import SampledBase, log_expected_improvement
from agents.surrogates.belief import Belief
from agents.surrogates.view import View

N_FRONTS = 8


def log_noisy_hypervolume_improvement(
    view: View, base: np.ndarray, normals: np.ndarray
) -> np.ndarray:
    """Return the log of the expected gain in dominated hypervolume at the target.

    Fronts are sampled jointly over the base designs (Daulton, Balandat & Bakshy, NeurIPS 2021),
    each draw of the hyperparameters as often as its weight says; for each the gain is exact for
    independent objectives, summed over the boxes of the non-dominated space. ``normals`` is
    ``S x n_objectives x B``. Objectives are standardised and warped.
    """
    belief = view.belief
    campaign = belief.campaign
    reference = reference_point(belief)
    n = len(campaign.objectives)
    means, sds, fronts = [], [], []
    for k, objective in enumerate(campaign.objectives):
        key = campaign.metric_key(objective)
        process, seen = belief.processes[key], view.seen(key)
        sign = 1.0 if objective.sense == "maximize" else -1.0
        draws = _draws(process.weights, N_FRONTS)
        if len(base) == 0:
            means.append(sign * seen.means[draws])
            sds.append(seen.sds[draws])
            fronts.append(np.empty((N_FRONTS, 0)))
        else:
            sampled = SampledBase(process, base, normals[:N_FRONTS, k])
            given = sampled.given(seen)
            means.append(sign * given.mean[draws, np.arange(N_FRONTS)])
            sds.append(given.sd[draws])
            fronts.append(sign * sampled.values[draws, np.arange(N_FRONTS)])
    totals = []
    for s in range(N_FRONTS):
        front = np.stack([fronts[k][s] for k in range(n)], axis=-1)
        lower, upper = _boxes(front, reference)
        logs = np.zeros((len(lower), len(view.x)))
        for k in range(n):
            logs += _log_partial(means[k][s], sds[k][s], lower[:, k, None], upper[:, k, None])
        totals.append(logsumexp(logs, axis=0))
    return np.asarray(logsumexp(np.stack(totals), axis=0) - math.log(N_FRONTS))


def _draws(weights: np.ndarray, n: int) -> np.ndarray:
    """Return ``n`` indices, each as often as its weight says (systematic resampling)."""
    return np.searchsorted(np.cumsum(weights), (np.arange(n) + 0.5) / n).clip(max=len(weights) - 1)


def reference_point(belief: Belief) -> np.ndarray:
    """Return what counts as no gain, latent and signed so that more is better.

    A number is taken as it is; the baseline's value where it was measured; else the worst seen.
    """
    campaign = belief.campaign
    found = []
    for objective in campaign.objectives:
        key = campaign.metric_key(objective)
        process = belief.processes[key]
        sign = 1.0 if objective.sense == "maximize" else -1.0
        value: float | None = None
        if isinstance(objective.reference, float):
            value = objective.reference
        elif objective.reference == "baseline":
            value = belief.baseline.get(key)
        worst = float((sign * process.latent).min())
        found.append(worst if value is None else sign * process.to_latent(value))
    return np.array(found)


def _boxes(front: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lower and upper corners (``n_boxes x n_objectives``) of the non-dominated space."""
    from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning

    partitioning = FastNondominatedPartitioning(
        ref_point=torch.as_tensor(reference), Y=torch.as_tensor(front)
    )
    bounds = partitioning.get_hypercell_bounds().numpy()
    return bounds[0], bounds[1]


def _log_partial(
    mean: np.ndarray, sd: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """Return log E[length of [lower, min(f, upper)]] for normal f."""
    low = log_expected_improvement(mean, sd, lower)
    bounded = np.isfinite(upper) & (upper < 1e9)
    high = log_expected_improvement(mean, sd, np.where(bounded, upper, lower + 1e3))
    difference = np.minimum(high - low, -1e-12)
    return np.where(bounded, low + np.log(-np.expm1(difference)), low)
