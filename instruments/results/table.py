"""From the columns of a table, however a reader got them, to a record in SI."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from experiments.errors import Invalid
from instruments.results.columns import ColumnMapping, chosen_columns
from instruments.results.cycling_record import Column, CyclingRecord

MAX_ROWS: Final = 2_000_000
"""A row every second for 23 days; longer tests come in parts."""


def record_of(
    headers: Sequence[str],
    column: Callable[[str], Any],
    mapping: ColumnMapping | None = None,
    *,
    sample: str = "",
) -> CyclingRecord:
    """Return the record of a table whose columns are fetched by header. Raises ``Invalid``."""
    chosen = chosen_columns(headers, mapping)
    values = {
        quantity: chosen[quantity].factor * _numbers(column(chosen[quantity].header), quantity)
        for quantity in chosen
    }
    lengths = {array.size for array in values.values()}
    if len(lengths) != 1:
        raise Invalid("the columns differ in length", reason="unreadable")
    if lengths.pop() > MAX_ROWS:
        raise Invalid(f"more than {MAX_ROWS} rows", reason="too_large")
    step = values.get("step")
    return CyclingRecord(
        time_s=values["time"],
        voltage_V=values["voltage"],
        current_A=values["current"],
        step=None if step is None else _runs(step),
        temperature_C=values.get("temperature"),
        sample=sample,
    )


def _numbers(values: Any, quantity: str) -> Column:
    """Return a column as floats; times may be written ``h:mm:ss.sss``."""
    array = np.asarray(values)
    if array.dtype.kind in "fiub":
        return array.astype(np.float64)
    try:
        return array.astype(np.float64)
    except (ValueError, TypeError):
        pass
    if quantity != "time":
        raise Invalid(f"the column of the {quantity} holds what is no number", reason="unreadable")
    return np.fromiter((_clock_s(str(text)) for text in array), np.float64, array.size)


def _clock_s(text: str) -> float:
    parts = text.strip().split(":")
    days = 0.0
    if " " in parts[0]:
        day, parts[0] = parts[0].rsplit(" ", 1)
        days = _number(day.strip().rstrip("dD-"), text)
    if not 1 <= len(parts) <= 3:
        raise Invalid(f"{text[:40]!r} is no time", reason="unreadable")
    total = 0.0
    for part in parts:
        total = 60.0 * total + _number(part, text)
    return days * 86400.0 + total


def _number(part: str, text: str) -> float:
    try:
        return float(part)
    except ValueError:
        raise Invalid(f"{text[:40]!r} is no time", reason="unreadable") from None


def _runs(step: Column) -> Any:
    """Return the step numbers as they ran: a rising count of changes, from 1."""
    if not np.isfinite(step).all():
        raise Invalid("the column of the step holds what is no number", reason="unreadable")
    if step.size == 0:
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([[1], 1 + np.cumsum(np.diff(step) != 0)]).astype(np.int64)
