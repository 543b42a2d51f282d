"""What is believed of a campaign: a process for every modelled metric, and the odds of success."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from agents.surrogates.encoding import Encoding, encoding_of
from agents.surrogates.fit import at_prior
from agents.surrogates.kept_fit import KeptFits, decisive
from agents.surrogates.level_data import LevelData, level_data, level_names
from agents.surrogates.process import Process
from agents.surrogates.success import SuccessModel, learn_success
from agents.surrogates.thinning import thinned
from experiments.campaign import Campaign, Constraint
from experiments.metrics import METRICS
from experiments.ranking import Question

MOST_CONDITIONED = 1500
"""So many observations of a metric at most are conditioned on; exact below."""


@dataclass(frozen=True)
class Belief:
    """Processes by metric key, with the data they learned from."""

    campaign: Campaign
    encoding: Encoding
    levels: tuple[str, ...]
    """The target first."""
    processes: dict[str, Process]
    data: dict[str, LevelData]
    success: SuccessModel
    baseline: dict[str, float]
    """What was measured on the baseline at the target, by metric."""
    fallbacks: tuple[str, ...]

    def likeliest(self) -> Belief:
        """Return the belief at the most probable hyperparameters alone; quicker to ask."""
        return replace(self, processes={k: p.likeliest() for k, p in self.processes.items()})

    def believing(self, x: np.ndarray, level: int) -> Belief:
        """Return the belief after one evaluation at a row (``1 x d``) came out as expected."""
        return replace(
            self, processes={key: p.believing(x, level) for key, p in self.processes.items()}
        )


def modelled_constraints(campaign: Campaign) -> list[Constraint]:
    """Return the constraints whose metric only an evaluation can tell."""
    return [limit for limit in campaign.constraints if not METRICS[limit.metric].from_recipe]


def merit(belief: Belief, x: np.ndarray) -> np.ndarray:
    """Return the posterior mean of the objectives at the target, standardised and warped."""
    total = np.zeros(len(x))
    for objective in belief.campaign.objectives:
        sign = 1.0 if objective.sense == "maximize" else -1.0
        total += sign * belief.processes[belief.campaign.metric_key(objective)].mean(x)
    return total


def form_belief(question: Question) -> Belief | None:
    """Learn from a question's observations; None where a modelled metric has no value at all.

    A process that cannot be fitted falls back to its prior hyperparameters, on record.
    """
    campaign = question.campaign
    encoding = encoding_of(campaign.design)
    keys = [campaign.metric_key(objective) for objective in campaign.objectives]
    keys += [campaign.metric_key(limit) for limit in modelled_constraints(campaign)]
    processes: dict[str, Process] = {}
    data: dict[str, LevelData] = {}
    fallbacks: list[str] = []
    for key in dict.fromkeys(keys):
        found = level_data(campaign, question.observations, key, encoding)
        data[key] = thinned(found, MOST_CONDITIONED)
        if data[key].n == 0:
            return None
        try:
            learned = _KEPT.learned(_decisive(question, found, key, encoding), encoding.group)
            processes[key] = learned.given(data[key])
        except (ArithmeticError, ValueError) as error:
            processes[key] = at_prior(data[key], encoding.group)
            fallbacks.append(f"{key}: prior hyperparameters, because the fit failed ({error})")
    return Belief(
        campaign=campaign,
        encoding=encoding,
        levels=level_names(campaign),
        processes=processes,
        data=data,
        success=learn_success(campaign, question.observations, encoding, question.unmakeable),
        baseline=_baseline(question),
        fallbacks=tuple(fallbacks),
    )


_KEPT: Final = KeptFits()


def _decisive(question: Question, found: LevelData, key: str, encoding: Encoding) -> LevelData:
    """Return the values that decide the hyperparameters, with the scatter as it was then."""
    mask = decisive(found)
    if not mask.all():
        ids = {found.job_ids[i] for i in np.flatnonzero(mask)}
        kept = [one for one in question.observations if one.job.id in ids]
        found = level_data(question.campaign, kept, key, encoding)
    return thinned(found, MOST_CONDITIONED)


def _baseline(question: Question) -> dict[str, float]:
    """Return the baseline's metrics at the target; the last one measured counts."""
    found: dict[str, float] = {}
    for observation in question.observations:
        job = observation.job
        if job.purpose == "baseline" and job.fidelity == question.campaign.target:
            for key, metric in observation.metrics.items():
                if metric.value is not None:
                    found[key] = metric.value
    return found
