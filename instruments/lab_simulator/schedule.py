"""When each station works on which build: first come, first served, with people and breakdowns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

HOUR_S: Final = 3600.0
DAY_S: Final = 86400.0


@dataclass(frozen=True)
class Station:
    """One kind of machine; every figure is assumed, none describes a particular lab."""

    name: str
    n_slots: int
    fixed_s: float
    per_cell_s: float
    needs_operator: bool
    mean_s_between_breakdowns: float
    repair_s: float


STATIONS: Final = (
    Station("coating", 1, 4 * HOUR_S, 0.0, True, 60 * DAY_S, 6 * HOUR_S),
    Station("calendering", 1, 0.5 * HOUR_S, 0.0, True, 90 * DAY_S, 4 * HOUR_S),
    Station("assembly", 1, 1 * HOUR_S, 0.25 * HOUR_S, True, 60 * DAY_S, 8 * HOUR_S),
    Station("cycling", 16, 12 * HOUR_S, 0.0, False, 180 * DAY_S, 24 * HOUR_S),
)
"""In the order a build passes them; cycling's fixed time is the wetting rest before the test."""


@dataclass(frozen=True)
class Shift:
    """When operators are there, every day; assumed two of them, eight to six."""

    n_operators: int = 2
    from_s: float = 8 * HOUR_S
    to_s: float = 18 * HOUR_S

    def start_within(self, at_s: float) -> float:
        """Return the first moment from ``at_s`` on at which somebody may begin work."""
        of_day_s = at_s % DAY_S
        if of_day_s < self.from_s:
            return at_s - of_day_s + self.from_s
        if of_day_s >= self.to_s:
            return at_s - of_day_s + DAY_S + self.from_s
        return at_s


@dataclass(frozen=True)
class Task:
    """One station's work on one build, or on one cell of it."""

    station: str
    slot: int
    cell: int | None
    starts_s: float
    ends_s: float


def plan_work(
    n_cells: int,
    test_s: float,
    *,
    now_s: float,
    taken: Iterable[Task],
    random: Random,
    stations: Sequence[Station] = STATIONS,
    shift: Shift | None = None,
) -> tuple[Task, ...]:
    """Return a new build's work after what the stations have already taken on.

    ``test_s`` is the protocol's length. Tasks of operators begin within a shift and are finished.
    """
    shift = shift or Shift()
    taken = list(taken)
    of_people = {station.name for station in stations if station.needs_operator}
    hands = _free_slots([t for t in taken if t.station in of_people], shift.n_operators)
    found: list[Task] = []
    ready_s = now_s
    for station in stations:
        slots = _free_slots([t for t in taken if t.station == station.name], station.n_slots)
        if station.name == "cycling":
            cells: list[int | None] = list(range(1, n_cells + 1))
            duration_s = station.fixed_s + test_s
        else:
            cells = [None]
            duration_s = station.fixed_s + station.per_cell_s * n_cells
        last_s = ready_s
        for cell in cells:
            slot = min(range(len(slots)), key=slots.__getitem__)
            starts_s = max(ready_s, slots[slot])
            if station.needs_operator:
                hand = min(range(len(hands)), key=hands.__getitem__)
                starts_s = shift.start_within(max(starts_s, hands[hand]))
            ends_s = starts_s + duration_s + _breakdown_s(station, duration_s, random)
            if station.needs_operator:
                hands[hand] = ends_s
            slots[slot] = ends_s
            found.append(Task(station.name, slot, cell, starts_s, ends_s))
            last_s = max(last_s, ends_s)
        ready_s = last_s
    return tuple(found)


def _breakdown_s(station: Station, duration_s: float, random: Random) -> float:
    """Return the repair that falls into a task: breakdowns come at a constant rate."""
    chance = -math.expm1(-duration_s / station.mean_s_between_breakdowns)
    return station.repair_s if random.random() < chance else 0.0


def _free_slots(tasks: Sequence[Task], n: int) -> list[float]:
    """Return when each of n places is free again, the busiest places filled first."""
    ends = [0.0] * n
    for task in sorted(tasks, key=lambda t: t.starts_s):
        place = min(range(n), key=ends.__getitem__)
        ends[place] = max(ends[place], task.ends_s)
    return ends
