"""A tally as plain JSON, so that a fast start counts nothing anew."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from typing import Any, Final

from pydantic import JsonValue

from controller.growing_map import GrowingMap
from controller.point_columns import PointColumns
from controller.state import State
from controller.tally import LATEST, Tallies, Tally, tallies, tally
from experiments.observation import Observation

_COUNTERS: Final = ("n_searched", "n_failed", "failures")
_PLAIN: Final = ("n", "busy_s", "all_busy_s", "n_idle")


def tally_record(state: State) -> JsonValue:
    """Return the state's tally and columns; they go to its last observation and no further."""
    observations, counted = state.observations, tally(state)
    if not isinstance(observations, GrowingMap):
        return None
    with tallies(state.campaign, observations).columns(observations) as columns:
        points = columns.record(len(observations))
    last = counted.last_failed
    record: dict[str, Any] = {
        **{name: getattr(counted, name) for name in _PLAIN},
        **{name: dict(getattr(counted, name)) for name in _COUNTERS},
        "last_failed": None if last is None else last.job.id,
        "baseline": {level: one.job.id for level, one in counted.baseline.items()},
        "best": {level: one.job.id for level, one in counted.best.items()},
        "best_scores": {level: list(score) for level, score in counted.best_scores.items()},
        "front": [[list(score), ids] for score, ids in counted.front.items()],
        "busy": {level: list(found) for level, found in counted.busy.items()},
        "latest_s": {level: list(found) for level, found in counted.latest_s.items()},
        "squares": [[*key, *found] for key, found in counted.squares.items()],
        "points": points,
    }
    return record


def restore_tally(state: State, record: Any) -> None:
    """Have the state's tally go on from what was recorded; None has it count from the first."""
    observations: Mapping[str, Observation] = state.observations
    if record is None or not isinstance(observations, GrowingMap):
        return
    counted = Tally(state.campaign)
    for name in _PLAIN:
        setattr(counted, name, record[name])
    for name in _COUNTERS:
        setattr(counted, name, Counter(record[name]))

    if record["last_failed"] is not None:
        counted.last_failed = observations[record["last_failed"]]
    counted.baseline = {level: observations[one] for level, one in record["baseline"].items()}
    counted.best = {level: observations[one] for level, one in record["best"].items()}
    counted.best_scores = {level: tuple(one) for level, one in record["best_scores"].items()}
    counted.front = {tuple(score): list(ids) for score, ids in record["front"]}
    counted.busy = {level: (seconds, n) for level, (seconds, n) in record["busy"].items()}
    counted.latest_s = {level: deque(s, maxlen=LATEST) for level, s in record["latest_s"].items()}
    counted.squares = {(m, level): (sq, n) for m, level, sq, n in record["squares"]}
    columns = PointColumns.restored(state.campaign, record["points"])
    if not len(columns) == counted.n <= len(observations):
        raise ValueError(f"figures of {counted.n} observations, not of {len(observations)}")
    observations.companion = Tallies.of(counted, columns, state.campaign)
