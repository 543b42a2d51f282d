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
USUAL_VOXELS: Final = 2 * 96**3
"""Voxels solved up to which a first job is allowed the campaign's deadline; above, in proportion.
Assumed: two volumes of 96³ take less than a minute on one core, a fifteenth of the default."""
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
        return max(self._campaign.deadline_s, self._expected_s(fidelity))

    def _expected_s(self, fidelity: str) -> float:
        """Return what follows from the level's jobs, or else from what is known of the others.

        A level without enough jobs is allowed what its size asks for at the start, what the longest
        of its own takes many times over, and what the other levels' medians come to at its size.
        """
        taken_s = self._taken_s[fidelity]
        if len(taken_s) >= ENOUGH:
            return TIMES_MEDIAN * statistics.median(taken_s)
        n_voxels = self._n_voxels(fidelity)
        expected_s = [
            TIMES_MEDIAN * statistics.median(others) * n_voxels / self._n_voxels(level.name)
            for level in self._campaign.own_fidelities
            if (others := self._taken_s[level.name]) and level.name != fidelity
        ]
        own_s = TIMES_MEDIAN * max(taken_s, default=0.0)
        first_s = self._campaign.deadline_s * n_voxels / USUAL_VOXELS
        return max(first_s, own_s, *expected_s)

    def _n_voxels(self, fidelity: str) -> float:
        level = self._campaign.fidelity(fidelity)
        return float(level.voxels) ** 3 * level.volumes

    def advice(self, fidelity: str) -> str:
        """Say what to do about a level of which no job was ever done in time."""
        if self._taken_s[fidelity]:
            return ""
        return f"; where that is too short, set deadline_s of fidelity {fidelity}"
