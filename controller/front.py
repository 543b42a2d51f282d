"""Which observations satisfy the constraints, and which of them nothing else beats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from experiments.campaign import Campaign
from experiments.observation import Observation


def is_feasible(campaign: Campaign, observation: Observation) -> bool:
    """Say whether an observation has every objective and keeps every constraint as measured."""
    if observation.is_failed or scores(campaign, observation) is None:
        return False
    for constraint in campaign.constraints:
        value = observation.value(campaign.metric_key(constraint))
        if value is None:
            return False
        if constraint.min is not None and value < constraint.min:
            return False
        if constraint.max is not None and value > constraint.max:
            return False
    return True


def scores(campaign: Campaign, observation: Observation) -> tuple[float, ...] | None:
    """Return the objectives, all to be maximized, or None where one has no value."""
    found: list[float] = []
    for objective in campaign.objectives:
        value = observation.value(campaign.metric_key(objective))
        if value is None:
            return None
        found.append(value if objective.sense == "maximize" else -value)
    return tuple(found)


def dominates(first: Sequence[float], second: Sequence[float]) -> bool:
    """Say whether ``first`` is nowhere worse and somewhere better."""
    pairs = list(zip(first, second, strict=True))
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def front(campaign: Campaign, observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """Return the feasible observations no other one dominates, best first objective first."""
    scored = [
        (score, observation)
        for observation in observations
        if is_feasible(campaign, observation)
        and (score := scores(campaign, observation)) is not None
    ]
    scored.sort(key=lambda pair: pair[0], reverse=True)
    kept: list[tuple[tuple[float, ...], Observation]] = []
    for score, observation in scored:
        if not any(dominates(other, score) for other, _ in kept):
            kept.append((score, observation))
    return tuple(observation for _, observation in kept)
