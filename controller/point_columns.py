"""What plots and tables need of every observation, in columns of plain numbers.

A campaign's observation is kilobytes of JSON; of fifty thousand of them a plot needs a few numbers
each. They are taken down as the observations come (70 bytes each), so that nothing is decoded to
draw a page. Wherever more is asked of one, its job id leads to the whole of it.
"""

from __future__ import annotations

import base64
import math
import sys
from array import array
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import JsonValue

from controller.front import is_feasible
from experiments.campaign import Campaign
from experiments.design_space import Categorical, Integer
from experiments.observation import Observation

Value = float | int | str
_SMALL: Final = ("level", "is_search", "is_feasible", "failure")
_TIMES: Final = ("started_s", "finished_s", "busy_s")
_NONE: Final = -1


class PointColumns:
    """Grows by one line for every observation; lines that are there are never changed."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self.metrics: Final = tuple(
            dict.fromkeys(campaign.metric_key(one) for one in campaign.objectives)
        )
        """Keys of the objectives' metrics."""
        self.names: Final = tuple(campaign.design.names)
        coded = {
            one.name for one in campaign.design.parameters if isinstance(one, Categorical | Integer)
        }
        self.small: Final[dict[str, array[Any]]] = {name: array("b") for name in _SMALL}
        """Level and kind of failure as places in the lists below (−1 for none), and yes or no."""
        self.times: Final[dict[str, array[Any]]] = {name: array("d") for name in _TIMES}
        """Seconds since 1970, and seconds; NaN where unknown."""
        self.values: Final[dict[str, array[Any]]] = {key: array("d") for key in self.metrics}
        """By metric; NaN for none."""
        self.design: Final[dict[str, array[Any]]] = {
            name: array("i" if name in coded else "d") for name in self.names
        }
        """By parameter: the number, NaN for none, or the place of a choice in ``choices``."""
        self.choices: Final[dict[str, list[Value]]] = {name: [] for name in sorted(coded)}
        self.levels: Final[list[str]] = []
        self.kinds: Final[list[str]] = []
        self.odd: Final[dict[int, dict[str, Value]]] = {}
        """Designs with other parameters than the campaign varies, by line."""
        self.columns: Final[dict[str, tuple[bool, bool]]] = {}
        """By metric, in order of appearance: whether any has several samples, and any a bias."""

    def __len__(self) -> int:
        return len(self.times["busy_s"])

    def add(self, one: Observation) -> None:
        """Take down one more."""
        small, times, provenance = self.small, self.times, one.provenance
        values = one.job.design.values
        if tuple(values) != self.names:
            self.odd[len(self)] = dict(values)
        for name, column in self.design.items():
            column.append(self._designed(name, values.get(name)))
        for key, column in self.values.items():
            value = one.value(key)
            column.append(math.nan if value is None else value)
        for key, metric in one.metrics.items():
            before = self.columns.get(key, (False, False))
            now = (before[0] or len(metric.samples) > 1, before[1] or metric.bias is not None)
            self.columns[key] = now
        small["level"].append(_place(self.levels, one.job.fidelity))
        small["is_search"].append(one.job.purpose == "search")
        small["is_feasible"].append(is_feasible(self._campaign, one))
        failed = one.failure
        small["failure"].append(_NONE if failed is None else _place(self.kinds, failed.kind.value))
        times["started_s"].append(_seconds(provenance.started_at))
        times["finished_s"].append(_seconds(provenance.finished_at))
        times["busy_s"].append(provenance.busy_s)

    def record(self, n: int) -> JsonValue:
        """Return the first lines as plain JSON."""
        return {
            "byteorder": sys.byteorder,
            "bytes": {name: _text(column[:n]) for name, column in self.arrays().items()},
            "choices": {name: list(known) for name, known in self.choices.items()},
            "levels": list(self.levels),
            "kinds": list(self.kinds),
            "odd": [[line, dict(values)] for line, values in self.odd.items() if line < n],
            "columns": {key: list(found) for key, found in self.columns.items()},
        }

    @classmethod
    def restored(cls, campaign: Campaign, record: Any) -> PointColumns:
        """Return recorded columns. Raises ``KeyError`` and ``ValueError`` for others."""
        if record["byteorder"] != sys.byteorder:
            raise ValueError("columns of another machine")
        made = cls(campaign)
        for name, column in made.arrays().items():
            column.frombytes(base64.b64decode(record["bytes"][name]))
        for name, known in record["choices"].items():
            made.choices[name].extend(known)
        made.levels.extend(record["levels"])
        made.kinds.extend(record["kinds"])
        made.odd.update((line, values) for line, values in record["odd"])
        made.columns.update((key, (a, b)) for key, (a, b) in record["columns"].items())
        lengths = {len(column) for column in made.arrays().values()}
        if len(lengths) != 1:
            raise ValueError(f"columns of {len(lengths)} lengths")
        return made

    def arrays(self) -> dict[str, array[Any]]:
        """Return every column by group and name."""
        groups: Mapping[str, Mapping[str, array[Any]]] = {
            "small": self.small,
            "times": self.times,
            "values": self.values,
            "design": self.design,
        }
        return {
            f"{group} {name}": column
            for group, columns in groups.items()
            for name, column in columns.items()
        }

    def _designed(self, name: str, value: Value | None) -> float | int:
        if name in self.choices:
            return _NONE if value is None else _place(self.choices[name], value)
        return math.nan if value is None or isinstance(value, str) else float(value)


def _place(known: list[Any], value: object) -> int:
    if value not in known:
        known.append(value)
    return known.index(value)


def _seconds(moment: str | None) -> float:
    try:
        return math.nan if moment is None else datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return math.nan


def _text(column: array[Any]) -> str:
    return base64.b64encode(column.tobytes()).decode()
