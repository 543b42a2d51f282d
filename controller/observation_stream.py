"""All observations of a campaign as CSV, row after row: only a few are in memory at once."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final

from controller.observation_table import column_names, table_of
from controller.points import points_of
from controller.state import State

_AT_ONCE: Final = 200


def csv_pieces(state: State) -> Iterator[str]:
    """Yield the table that ``cellwright export`` writes, some lines at a time."""
    names = column_names(state, points_of(state).columns)
    yield csv_lines([names])
    observations = iter(state.observations.values())
    while some := tuple(itertools.islice(observations, _AT_ONCE)):
        columns = {one.name: one.values for one in table_of(state, some)}
        nothing = (None,) * len(some)
        yield csv_lines(zip(*(columns.get(name, nothing) for name in names), strict=True))


def csv_lines(rows: Iterator[Sequence[Any]] | Sequence[Sequence[Any]]) -> str:
    """Return rows as lines of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
