"""How long a job may take before its worker is killed: far longer than others of its level took."""

from __future__ import annotations

import statistics
from collections import defaultdict, deque
from typing import Final

from experiments.campaign import Campaign
from experiments.observation import Observation

TIMES_MEDIAN: Final = 20.0
"""Assumed: run times of one level spread over a factor of ten between designs and machines, and a
job that took twice as long again as the slowest is not slow, it hangs."""
ENOUGH: Final = 5
"""Jobs of a level from which its median is taken. Assumed: fewer may all be of one kind."""
_KEPT: Final = 200


class Deadlines:
    """The times that the jobs of each level took, and what follows from them."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._taken_s: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def learn(self, observation: Observation) -> None:
        """Note how long a job took on its workers, where nothing of it was known before."""
        provenance = observation.provenance
        is_whole = observation.failure is None and not any(s.cached for s in provenance.stages)
        if is_whole and provenance.busy_s > 0:
            self._taken_s[observation.job.fidelity].append(provenance.busy_s)

    def allowed_s(self, fidelity: str) -> float:
        """Return the level's own deadline, or else at least the campaign's."""
        own_s = self._campaign.fidelity(fidelity).deadline_s
        if own_s is not None:
            return own_s
        taken_s = self._taken_s[fidelity]
        if len(taken_s) < ENOUGH:
            return self._campaign.deadline_s
        return max(self._campaign.deadline_s, TIMES_MEDIAN * statistics.median(taken_s))

    def advice(self, fidelity: str) -> str:
        """Say what to do about a level of which no job was ever done in time."""
        if self._taken_s[fidelity]:
            return ""
        return f"; where that is too short, set deadline_s of fidelity {fidelity}"
