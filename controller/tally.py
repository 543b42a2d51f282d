"""Figures over all observations of a campaign, kept up to date instead of counted anew.

Control looks at them after every event; to go through a hundred thousand observations each time
would take it longer than everything else together.
"""

from __future__ import annotations

import contextlib
import copy
import math
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Final, Self

from controller.front import dominates, is_feasible, scores
from controller.growing_map import GrowingMap
from controller.interval import Scatter
from controller.point_columns import PointColumns
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
        self.front: dict[tuple[float, ...], list[str]] = {}
        """Job ids of the target's search observations that no other dominates, by their scores."""
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
        self.all_busy_s = 0.0
        """Worker time of all jobs, the baseline's too."""
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
        self.all_busy_s += observation.provenance.busy_s
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

    def copied(self) -> Self:
        """Return a tally of its own with the same figures."""
        made = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, dict | deque):
                setattr(made, name, value.copy())
        made.front = {score: list(ids) for score, ids in self.front.items()}
        made.latest_s = {level: found.copy() for level, found in self.latest_s.items()}
        return made

    @property
    def on_front(self) -> list[str]:
        """Return the front's job ids, best first objective first, then in order of arrival."""
        return [one for score in sorted(self.front, reverse=True) for one in self.front[score]]

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
        if is_target:
            self._add_to_front(observation.job.id, score)

    def _add_to_front(self, job_id: str, score: tuple[float, ...]) -> None:
        if score in self.front:
            self.front[score].append(job_id)
        elif not any(dominates(other, score) for other in self.front):
            for other in [one for one in self.front if dominates(score, one)]:
                del self.front[other]
            self.front[score] = [job_id]
            self.n_idle = 0


class Tallies:
    """The figures of a growing map as it was lately, and the columns that grow along with it.

    A page may look at a moment that is over while the campaign goes on: each moment has a tally of
    its own, and none is changed once it was handed out.
    """

    def __init__(self, campaign: Campaign) -> None:
        self._lock = threading.Lock()
        self._latest: list[Tally] = [Tally(campaign)]
        self._columns = PointColumns(campaign)
        self._campaign = campaign

    @classmethod
    def of(cls, counted: Tally, columns: PointColumns, campaign: Campaign) -> Tallies:
        """Return what goes on from figures that were recorded."""
        made = cls(campaign)
        made._latest, made._columns = [counted], columns
        return made

    def tally(self, observations: GrowingMap[str, Observation]) -> Tally:
        """Return the figures of a map; only what came since an earlier one is looked at."""
        n = len(observations)
        with self._lock:
            before = max((one for one in self._latest if one.n <= n), key=_n, default=None)
            if before is not None and before.n == n:
                return before
            counted = Tally(self._campaign) if before is None else before.copied()
            for observation in observations.values_from(counted.n):
                if counted.n == len(self._columns):
                    self._columns.add(observation)
                counted.add(observation)
            self._latest = sorted([*self._latest, counted], key=_n)[-_KEPT:]
            return counted

    @contextlib.contextmanager
    def columns(self, observations: GrowingMap[str, Observation]) -> Iterator[PointColumns]:
        """Give the columns while they stay as they are; they reach at least to the map's end."""
        self.tally(observations)
        with self._lock:
            yield self._columns


def tally(state: State) -> Tally:
    """Return the figures of a state; those of the same campaign's next state take little more."""
    observations = state.observations
    if not isinstance(observations, GrowingMap):
        return tally_of(state.campaign, observations.values())
    return tallies(state.campaign, observations).tally(observations)


def tallies(campaign: Campaign, observations: GrowingMap[str, Observation]) -> Tallies:
    """Return what is counted beside a map, now and for all that grow from it."""
    with _LOCK:
        known = observations.companion
        if not isinstance(known, Tallies):
            known = Tallies(campaign)
            observations.companion = known
        return known


def tally_of(campaign: Campaign, observations: Iterable[Observation]) -> Tally:
    """Return the figures of some observations."""
    counted = Tally(campaign)
    for observation in observations:
        counted.add(observation)
    return counted


def _n(one: Tally) -> int:
    return one.n


_KEPT: Final = 8
"""Moments that are remembered: more than pages look at while one of them is drawn (assumed)."""
_LOCK: Final = threading.Lock()
"""Two may ask for the first time at once."""
