"""The best design measured so far, judged at the target only."""

from __future__ import annotations

import math
from collections.abc import Iterator

from experiments.campaign import Campaign
from experiments.observation import Observation
from experiments.ranking import Prediction, Question, Recommendation


def measured_best(question: Question) -> Recommendation | None:
    """Return the best measured design at the target that keeps the constraints, or None.

    Judged by the first objective. The spread is the standard error of the mean over the volumes, 0
    where there was a single volume.
    """
    campaign = question.campaign
    objective = campaign.objectives[0]
    key = campaign.metric_key(objective)
    sign = 1.0 if objective.sense == "maximize" else -1.0
    best: Observation | None = None
    best_value = -math.inf
    for observation in target_observations(question):
        value = observation.value(key)
        if value is None or not keeps_constraints(campaign, observation):
            continue
        if sign * value > best_value:
            best, best_value = observation, sign * value
    if best is None:
        return None
    predicted = {
        key: Prediction(mean=metric.value, sd=_standard_error(metric.samples))
        for key, metric in best.metrics.items()
        if metric.value is not None
    }
    return Recommendation(design=best.job.design, predicted=predicted)


def target_observations(question: Question) -> Iterator[Observation]:
    """Yield the successful target observations of designs inside the space."""
    campaign = question.campaign
    for observation in question.observations:
        if (
            observation.job.fidelity == campaign.target
            and not observation.is_failed
            and campaign.design.contains(observation.job.design)
        ):
            yield observation


def keeps_constraints(campaign: Campaign, observation: Observation) -> bool:
    """Say whether the measured values keep every constraint; an absent value does not."""
    for limit in campaign.constraints:
        value = observation.value(campaign.metric_key(limit))
        if value is None:
            return False
        if limit.max is not None and value > limit.max:
            return False
        if limit.min is not None and value < limit.min:
            return False
    return True


def _standard_error(samples: tuple[float, ...]) -> float:
    n = len(samples)
    if n < 2:
        return 0.0
    mean = math.fsum(samples) / n
    return math.sqrt(math.fsum((value - mean) ** 2 for value in samples) / (n - 1) / n)
