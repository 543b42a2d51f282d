"""Expected hypervolume improvement against plain sampling."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from agents.acquisition.hypervolume_improvement import (
    log_noisy_hypervolume_improvement,
    reference_point,
)
from agents.surrogates.belief import form_belief
from agents.surrogates.view import View
from experiments.campaign import Objective
from experiments.job import Job
from experiments.observation import Metric, Observation
from tests.contracts.decider_contract import DURATION, ENERGY, campaign_of, observed, question_of

OBJECTIVES = (
    Objective(name="energy", metric=ENERGY, sense="maximize", at_power_W=100),
    Objective(name="time", metric=DURATION, sense="minimize", at_power_W=100),
)


def belief_of(objectives=OBJECTIVES, more=()):
    campaign = campaign_of(objectives=objectives)
    belief = form_belief(question_of(campaign, (*observed(campaign, 12), *more)))
    assert belief is not None
    return belief.likeliest()


def test_it_is_the_sampled_gain_in_dominated_area():
    belief = belief_of()
    x = np.random.default_rng(3).random((5, 2))
    base = np.empty((0, 2))
    told = np.exp(log_noisy_hypervolume_improvement(View(belief, x), base, np.zeros((8, 2, 1))))
    reference = reference_point(belief)
    processes = [belief.processes[ENERGY], belief.processes[DURATION]]
    rng = np.random.default_rng(0)
    area = np.ones((200_000, 5))
    for k, (process, sign) in enumerate(zip(processes, (1, -1), strict=True)):
        mean, sd = process.mean_and_sd(x)
        f = sign * mean + sd * rng.standard_normal((200_000, 5))
        area *= np.maximum(f - reference[k], 0.0)
    np.testing.assert_allclose(told, area.mean(axis=0), rtol=0.03)


def test_with_a_front_it_is_the_sampled_gain_beyond_it():
    belief = belief_of()
    x = np.random.default_rng(3).random((3, 2))
    base = belief.data[ENERGY].x[belief.data[ENERGY].level == 0][:3]
    rng = np.random.default_rng(1)
    normals = np.repeat(rng.standard_normal((1, 2, len(base))), 8, axis=0)
    told = np.exp(log_noisy_hypervolume_improvement(View(belief, x), base, normals))
    reference = reference_point(belief)
    front, at_x = [], []
    for k, (key, sign) in enumerate(((ENERGY, 1), (DURATION, -1))):
        process = belief.processes[key]
        n = len(base)
        at_base = process.seen(base)
        matrix = process.between(at_base, at_base)[0]
        matrix += np.eye(n) * (1e-6 * np.trace(matrix) / n)
        factor = np.linalg.cholesky(matrix)
        gain = np.linalg.solve(factor, process.between(at_base, process.seen(x))[0])
        mean, sd = process.mean_and_sd(x)
        front.append(sign * (process.mean(base) + factor @ normals[0, k]))
        at_x.append((sign * (mean + normals[0, k] @ gain), np.sqrt(sd**2 - (gain**2).sum(axis=0))))
    points = np.stack(front, axis=-1)
    for i in range(len(x)):
        f = np.stack([m[i] + s[i] * rng.standard_normal(20_000) for m, s in at_x], axis=-1)
        assert told[i] == pytest.approx(_gained(points, f, reference).mean(), rel=0.1, abs=0.01)


def _gained(front: np.ndarray, f: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the area each point adds: its rectangle less what the front's staircase covers."""
    total = np.zeros(len(f))
    edges = np.sort(np.maximum(front[:, 0], reference[0]))
    edges = np.concatenate([[reference[0]], edges, [np.inf]])
    for low, high in pairwise(edges):
        heights = front[front[:, 0] >= high, 1]
        height = max(heights.max(initial=-np.inf), reference[1])
        width = np.clip(np.minimum(f[:, 0], high) - low, 0.0, None)
        total += width * np.maximum(f[:, 1] - height, 0.0)
    return total


def test_the_baseline_is_the_reference_where_asked():
    objectives = tuple(o.model_copy(update={"reference": "baseline"}) for o in OBJECTIVES)
    campaign = campaign_of(objectives=OBJECTIVES)
    metrics = {ENERGY: Metric(value=0.1), DURATION: Metric(value=2.2e6)}
    job = Job(
        id="b" * 16,
        campaign=campaign.name,
        design=campaign.design.from_unit([0.5, 0.5]),
        fidelity="fine",
        seed=0,
        purpose="baseline",
    )
    belief = belief_of(more=(Observation(job=job, metrics=metrics),))
    campaign = belief.campaign.model_copy(update={"objectives": objectives})
    belief = belief.__class__(**{**belief.__dict__, "campaign": campaign})
    expected = [
        belief.processes[ENERGY].to_latent(0.1),
        -belief.processes[DURATION].to_latent(2.2e6),
    ]
    np.testing.assert_allclose(reference_point(belief), expected)


def test_without_a_reference_the_worst_seen_counts():
    belief = belief_of()
    worst = [belief.processes[ENERGY].latent.min(), -belief.processes[DURATION].latent.max()]
    np.testing.assert_allclose(reference_point(belief), worst)
