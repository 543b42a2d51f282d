"""Why this one: what a candidate promises, what is near it, whether the model has been there."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from agents.acquisition.level_choice import Offer
from agents.surrogates.belief import Belief
from agents.surrogates.level_data import usable
from agents.surrogates.view import View
from experiments.ranking import Candidate, Nearest, Question


class Explainer:
    """What was observed, as far as explanations need it."""

    def __init__(self, question: Question, belief: Belief) -> None:
        campaign = question.campaign
        kept = [o for o in usable(campaign, question.observations) if not o.is_failed]
        self._ids = [o.job.id for o in kept]
        self._x = belief.encoding.encode([o.job.design for o in kept])
        at_target = [o.job.design for o in kept if o.job.fidelity == campaign.target]
        self._incumbent = _incumbent(belief, belief.encoding.encode(at_target))

    def candidate(self, belief: Belief, offer: Offer) -> Candidate:
        """Return an offer as a candidate; ``belief`` accounts for everything before it."""
        row = belief.encoding.encode([offer.design])
        view = View(belief, row)
        return Candidate(
            design=offer.design,
            fidelity=belief.levels[offer.level],
            score=offer.log_gain,
            predicted=view.predict()[0],
            success_probability=float(view.success_probability(offer.level)[0]),
            beats_incumbent=self._beats_incumbent(belief, row),
            nearest=self._nearest(row),
            is_inside_data=self._is_inside(row),
            reason=offer.reason,
        )

    def _beats_incumbent(self, belief: Belief, row: np.ndarray) -> float | None:
        """Return P(f(row) beats f(incumbent)) under their joint posterior, noise-free."""
        if self._incumbent is None:
            return None
        objective = belief.campaign.objectives[0]
        process = belief.processes[belief.campaign.metric_key(objective)]
        sign = 1.0 if objective.sense == "maximize" else -1.0
        both = process.seen(np.concatenate([row, self._incumbent]))
        matrix = process.between(both, both)
        variance = matrix[:, 0, 0] + matrix[:, 1, 1] - 2.0 * matrix[:, 0, 1]
        ahead = sign * (both.means[:, 0] - both.means[:, 1])
        chance = float(process.weights @ norm.cdf(ahead / np.sqrt(np.maximum(variance, 1e-12))))
        return min(max(chance, 0.0), 1.0)

    def _nearest(self, row: np.ndarray) -> Nearest | None:
        if not self._ids:
            return None
        distance = np.sqrt(((self._x - row) ** 2).sum(axis=1))
        i = int(distance.argmin())
        return Nearest(job_id=self._ids[i], distance=float(distance[i]))

    def _is_inside(self, row: np.ndarray) -> bool | None:
        if not self._ids:
            return None
        low, high = self._x.min(axis=0), self._x.max(axis=0)
        return bool(((row[0] >= low - 1e-9) & (row[0] <= high + 1e-9)).all())


def _incumbent(belief: Belief, at_target: np.ndarray) -> np.ndarray | None:
    """Return the row, ``1 x d``, of the best design measured at the target, by posterior mean."""
    if len(at_target) == 0:
        return None
    objective = belief.campaign.objectives[0]
    sign = 1.0 if objective.sense == "maximize" else -1.0
    mean = belief.processes[belief.campaign.metric_key(objective)].mean(at_target)
    keeps = View(belief, at_target).keeps_constraints()
    if keeps.any():
        mean = np.where(keeps, mean, -sign * np.inf)
    i = int((sign * mean).argmax())
    return at_target[i : i + 1]
