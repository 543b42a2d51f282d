"""The figures of a state's observations as arrays: what plots, tables and look-ups work on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.growing_map import GrowingMap
from controller.point_columns import PointColumns, Value
from controller.state import State
from controller.tally import tallies
from experiments.design import Design


@dataclass(frozen=True, eq=False)
class Points:
    """One place for every observation, the baseline's included, in order of arrival."""

    ids: Sequence[str]
    """Job ids."""
    levels: Sequence[str]
    kinds: Sequence[str]
    columns: Mapping[str, tuple[bool, bool]]
    """By metric, in order of appearance: whether any has several samples, and any a bias."""
    _arrays: Mapping[str, NDArray[Any]]
    _choices: Mapping[str, tuple[Value, ...]]
    _odd: Mapping[int, Mapping[str, Value]]
    _names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def search(self) -> NDArray[np.intp]:
        """Return the places of the search's observations; the n-th evaluation's is the n-th."""
        return np.flatnonzero(self._arrays["small is_search"])

    @cached_property
    def baseline(self) -> list[int]:
        """Return the places of the baseline's observations."""
        return np.flatnonzero(self._arrays["small is_search"] == 0).tolist()

    @property
    def is_feasible(self) -> NDArray[np.bool_]:
        """Whether it has every objective and keeps every limit, as measured."""
        return self._arrays["small is_feasible"].astype(np.bool_)

    @property
    def is_failed(self) -> NDArray[np.bool_]:
        """Whether it is a failure."""
        found: NDArray[np.bool_] = self._arrays["small failure"] >= 0
        return found

    @property
    def busy_s(self) -> NDArray[np.float64]:
        """Worker time."""
        return self._arrays["times busy_s"]

    @property
    def started_s(self) -> NDArray[np.float64]:
        """Seconds since 1970, NaN where unknown."""
        return self._arrays["times started_s"]

    @property
    def finished_s(self) -> NDArray[np.float64]:
        """Seconds since 1970, NaN where unknown."""
        return self._arrays["times finished_s"]

    def is_at(self, level: str) -> NDArray[np.bool_]:
        """Whether it is of a level."""
        place = self.levels.index(level) if level in self.levels else -1
        found: NDArray[np.bool_] = self._arrays["small level"] == place
        return found

    def value(self, metric: str) -> NDArray[np.float64]:
        """Return an objective's metric, NaN where there is no value."""
        found = self._arrays.get(f"values {metric}")
        return np.full(len(self), np.nan) if found is None else found

    def coordinate(self, name: str) -> NDArray[np.float64]:
        """Return a parameter as numbers, NaN where it is none; choices are counted."""
        found = self._arrays.get(f"design {name}")
        return np.full(len(self), np.nan) if found is None else found.astype(float)

    def level(self, place: int) -> str:
        """Return an observation's level."""
        return self.levels[int(self._arrays["small level"][place])]

    def failure(self, place: int) -> str | None:
        """Return an observation's kind of failure, or None."""
        kind = int(self._arrays["small failure"][place])
        return None if kind < 0 else self.kinds[kind]

    def design(self, place: int) -> Design:
        """Return an observation's design."""
        if place in self._odd:
            return Design(values=dict(self._odd[place]))
        values = {name: self._designed(name, place) for name in self._names}
        return Design(values={name: one for name, one in values.items() if one is not None})

    def parameter(self, name: str, place: int) -> Value | None:
        """Return one value of an observation's design, or None where it has none."""
        if place in self._odd:
            return self._odd[place].get(name)
        return self._designed(name, place)

    def of_design(self, design: Design) -> list[int]:
        """Return the places of all observations of one design."""
        found = np.ones(len(self), np.bool_)
        for name in self._names:
            column, value = self._arrays[f"design {name}"], design.values.get(name)
            if name in self._choices:
                known = self._choices[name]
                found &= column == (known.index(value) if value in known else -1)
            elif value is not None and not isinstance(value, str):
                found &= column == value
        return [n for n in np.flatnonzero(found).tolist() if self.design(n) == design]

    def _designed(self, name: str, place: int) -> Value | None:
        value = self._arrays[f"design {name}"][place].item()
        if name in self._choices:
            return None if value < 0 else self._choices[name][value]
        return None if np.isnan(value) else value


def points_of(state: State) -> Points:
    """Return the figures of a state's observations; nothing is decoded that was seen before."""
    observations = state.observations
    if isinstance(observations, GrowingMap):
        counted = tallies(state.campaign, observations)
        with counted.columns(observations) as columns:
            return _of(columns, tuple(observations))
    columns = PointColumns(state.campaign)
    for one in observations.values():
        columns.add(one)
    return _of(columns, tuple(observations))


def _of(columns: PointColumns, ids: Sequence[str]) -> Points:
    """Copy the first so many lines: an array that grows lends its memory to nobody."""
    n = len(ids)
    return Points(
        ids=ids,
        levels=tuple(columns.levels),
        kinds=tuple(columns.kinds),
        columns=dict(columns.columns),
        _arrays={
            name: np.array(column[:n], dtype=column.typecode)
            for name, column in columns.arrays().items()
        },
        _choices={name: tuple(known) for name, known in columns.choices.items()},
        _odd=dict(columns.odd),
        _names=columns.names,
    )
