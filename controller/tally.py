"""Figures over all observations of a campaign, kept up to date instead of counted anew.

Control looks at them after every event; to go through a hundred thousand observations each time
would take it longer than everything else together.
"""

from __future__ import annotations

import math
import threading
from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

from controller.front import dominates, is_feasible, scores
from controller.growing_map import GrowingMap
from controller.interval import Scatter
from controller.state import State
from experiments.campaign import Campaign
from experiments.observation import Observation

LATEST: Final = 200
"""Jobs of a level whose times tell what is usual now: machines and designs change meanwhile."""


class Tally:
    """What is known of so many observations; belongs to whoever counts, and is only read."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self.squares: dict[tuple[str, str], tuple[float, int]] = {}
        """Sum of squares and degrees of freedom of the samples, by metric and fidelity."""
        self.best_scores: dict[str, tuple[float, ...]] = {}
        """By fidelity, as ``controller.front`` gives them."""
        self.front_scores: list[tuple[float, ...]] = []
        """Of the target's search observations that no other dominates."""
        self.n = 0
        self.n_searched: Counter[str] = Counter()
        """Search jobs by fidelity, failures included."""
        self.n_failed: Counter[str] = Counter()
        """Of them, by fidelity."""
        self.failures: Counter[str] = Counter()
        """All jobs by kind, the baseline's included, in order of the first of each kind."""
        self.last_failed: Observation | None = None
        self.baseline: dict[str, Observation] = {}
        """By fidelity."""
        self.best: dict[str, Observation] = {}
        """The feasible search observation with the best first objective, by fidelity."""
        self.busy: dict[str, tuple[float, int]] = {}
        """Worker time (s) and number, by fidelity, of search jobs that ended on their own."""
        self.latest_s: dict[str, deque[float]] = {}
        """Worker time of each of the latest jobs, the baseline's too, that ended on their own."""
        self.busy_s = 0.0
        """Worker time of all search jobs."""
        self.n_idle = 0
        """Target search observations in a row, to the last, that added nothing to the front;
        failures of machines are not counted."""

    def add(self, observation: Observation) -> None:
        """Count one more."""
        self.n += 1
        level = observation.job.fidelity
        if observation.failure is not None:
            self.failures[observation.failure.kind.value] += 1
            self.last_failed = observation
        self._add_scatter(observation, level)
        is_of_design = observation.failure is None or not observation.failure.kind.is_infrastructure
        if is_of_design and observation.provenance.busy_s > 0:
            latest = self.latest_s.setdefault(level, deque(maxlen=LATEST))
            latest.append(observation.provenance.busy_s)
        if observation.job.purpose == "baseline":
            self.baseline.setdefault(level, observation)
            return
        self.n_searched[level] += 1
        self.n_failed[level] += observation.is_failed
        self.busy_s += observation.provenance.busy_s
        if is_of_design:
            seconds, n = self.busy.get(level, (0.0, 0))
            self.busy[level] = (seconds + observation.provenance.busy_s, n + 1)
            self._add_score(observation, level)

    def scatter(self, metric: str, fidelity: str) -> Scatter | None:
        """Return the scatter of a metric at a level, pooled over its designs."""
        squares, degrees = self.squares.get((metric, fidelity), (0.0, 0))
        return Scatter(math.sqrt(squares / degrees), degrees) if degrees else None

    def mean_busy_s(self) -> dict[str, float]:
        """Return the mean worker time by fidelity, of search jobs that ended on their own."""
        means = {level: seconds / n for level, (seconds, n) in self.busy.items()}
        return {level: mean for level, mean in means.items() if mean > 0}

    def _add_scatter(self, observation: Observation, level: str) -> None:
        for name, metric in observation.metrics.items():
            n = len(metric.samples)
            if n > 1:
                mean = math.fsum(metric.samples) / n
                squares, degrees = self.squares.get((name, level), (0.0, 0))
                squares += math.fsum((one - mean) ** 2 for one in metric.samples)
                self.squares[name, level] = (squares, degrees + n - 1)

    def _add_score(self, observation: Observation, level: str) -> None:
        is_target = level == self._campaign.target
        self.n_idle += is_target
        score = scores(self._campaign, observation)
        if score is None or not is_feasible(self._campaign, observation):
            return
        if level not in self.best or score > self.best_scores[level]:
            self.best[level], self.best_scores[level] = observation, score
        if is_target and not any(o == score or dominates(o, score) for o in self.front_scores):
            self.front_scores = [o for o in self.front_scores if not dominates(score, o)] + [score]
            self.n_idle = 0


def tally(state: State) -> Tally:
    """Return the figures of a state; those of the same campaign's next state take little more."""
    observations = state.observations
    if not isinstance(observations, GrowingMap):
        return tally_of(state.campaign, observations.values())
    with _LOCK:
        known = observations.companion
        if not isinstance(known, Tally) or known.n > len(observations):
            known = Tally(state.campaign)
            observations.companion = known
        for observation in observations.values_from(known.n):
            known.add(observation)
        return known


def tally_of(campaign: Campaign, observations: Iterable[Observation]) -> Tally:
    """Return the figures of some observations."""
    counted = Tally(campaign)
    for observation in observations:
        counted.add(observation)
    return counted


_LOCK = threading.Lock()
"""A page may look at a state while control does."""
