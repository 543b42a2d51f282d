"""What real cells say of the model, and of the coating line: pure, over a campaign's state.

A build was predicted before it was made, so its residual is an honest test. The level's own bias is
learned by the surrogate; what is left over when that is done is drift.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Final

from controller.coating_line import LineBias, coating_line
from controller.proposals import ProposalRecord
from controller.state import State
from experiments.frozen import Frozen
from experiments.observation import Observation

N_RECENT: Final = 5
"""Builds that the alarm looks back on. Assumed: about a week of a small lab."""
LEAST: Final = 4
ALARM_AT: Final = 2.58
"""The mean of n independent standard normals × √n is beyond this once in a hundred times."""


class Residual(Frozen):
    """One build against its own prediction."""

    build_id: str
    job_id: str
    metric: str
    measured: float
    predicted: float
    low: float | None
    high: float | None
    standardised: float | None
    """Over the predictive standard deviation."""
    is_inside: bool | None
    """Within the 95% predictive interval."""


class RealityCheck(Frozen):
    """The model and the line on real cells so far."""

    residuals: tuple[Residual, ...]
    """Of the first objective, in order of arrival."""
    n_inside: int
    """Of those with an interval."""
    n_with_interval: int
    mean_residual: float | None
    standard_error: float | None
    drift: str | None
    """Why the model is not to be trusted just now; None where nothing speaks against it."""
    line: tuple[LineBias, ...]
    """What the coating line makes of what it is asked."""


def reality_check(state: State) -> RealityCheck:
    """Return how real cells compare with what was predicted and asked."""
    residuals = tuple(_residuals(state))
    inside = [one.is_inside for one in residuals if one.is_inside is not None]
    differences = [one.measured - one.predicted for one in residuals]
    return RealityCheck(
        residuals=residuals,
        n_inside=sum(inside),
        n_with_interval=len(inside),
        mean_residual=fmean(differences) if differences else None,
        standard_error=_standard_error(differences),
        drift=drift_words([one.standardised for one in residuals if one.standardised is not None]),
        line=coating_line(state),
    )


def drift_words(standardised: Sequence[float]) -> str | None:
    """Return why the latest residuals are more than chance, or None."""
    recent = list(standardised)[-N_RECENT:]
    if len(recent) < LEAST:
        return None
    strength = fmean(recent) * math.sqrt(len(recent))
    if abs(strength) <= ALARM_AT:
        return None
    side = "above" if strength > 0 else "below"
    return (
        f"the last {len(recent)} builds lie {side} their predictions by {abs(fmean(recent)):.1f} "
        "standard deviations on average"
    )


def _residuals(state: State) -> list[Residual]:
    campaign = state.campaign
    metric = campaign.metric_key(campaign.objectives[0])
    found = []
    for build, record, observation in _measured(state):
        value, predicted = observation.value(metric), record.proposal.predicted.get(metric)
        if value is None or predicted is None:
            continue
        low, high = predicted.low, predicted.high
        has_interval = low is not None and high is not None
        found.append(
            Residual(
                build_id=build,
                job_id=observation.job.id,
                metric=metric,
                measured=value,
                predicted=predicted.mean,
                low=low,
                high=high,
                standardised=(value - predicted.mean) / predicted.sd if predicted.sd > 0 else None,
                is_inside=low <= value <= high if has_interval else None,  # type: ignore[operator]
            )
        )
    return found


def _measured(state: State) -> list[tuple[str, ProposalRecord, Observation]]:
    """Return the builds at their end that gave numbers, with what was proposed."""
    return [
        (build.build.id, state.proposals[build.build.proposal_id], state.observations[build.job_id])
        for build in state.builds.values()
        if build.stage == "measured" and build.job_id in state.observations
    ]


def _standard_error(values: Sequence[float]) -> float | None:
    return stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
