"""Which column of a cycler's table is which quantity, and in which unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from experiments.errors import Invalid
from experiments.frozen import Frozen

_UNIT: Final[dict[str, dict[str, float]]] = {
    "time": {"s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0, "h": 3600.0, "ms": 1e-3, "": 1.0},
    "voltage": {"v": 1.0, "volt": 1.0, "mv": 1e-3, "": 1.0},
    "current": {"a": 1.0, "ampere": 1.0, "ma": 1e-3, "ua": 1e-6, "µa": 1e-6, "": 1.0},
    "step": {"": 1.0, "1": 1.0},
    "temperature": {"degc": 1.0, "°c": 1.0, "c": 1.0, "celsius": 1.0, "": 1.0},
}
"""Quantity → unit in lower case → factor to SI (temperature stays in °C)."""

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "time": ("test time", "total time", "time", "run time"),
    "voltage": ("voltage", "ewe", "ecell", "cell voltage", "potential"),
    "current": ("current", "<i>", "i"),
    "step": ("step count", "step index", "ns", "step", "step id"),
    "temperature": ("ambient temperature", "temperature", "aux temperature 1", "t1", "t"),
}
"""Quantity → names in order of preference: BDF, Neware, Arbin, BioLogic."""
REQUIRED: Final = ("time", "voltage", "current")


class ColumnMapping(Frozen):
    """An administrator's word on a table that names its columns in its own way."""

    time: str
    voltage: str
    current: str
    step: str | None = None
    temperature: str | None = None
    time_unit: str = "s"
    voltage_unit: str = "V"
    current_unit: str = "A"
    discharge_is_positive: bool = False
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal: str = Field(default=".", min_length=1, max_length=1)
    skip_lines: int = Field(default=0, ge=0, le=1000)


@dataclass(frozen=True)
class Chosen:
    """One column of a table."""

    header: str
    factor: float


def chosen_columns(
    headers: Sequence[str], mapping: ColumnMapping | None = None
) -> dict[str, Chosen]:
    """Return quantity → column. Raises ``Invalid`` where time, voltage or current is missing."""
    found = _mapped(mapping) if mapping else _recognised(headers)
    there = ", ".join(str(header)[:40] for header in headers[:20])
    for quantity in REQUIRED:
        if quantity not in found:
            raise Invalid(
                f"no column is the {quantity}; found: {there}",
                reason="unreadable",
            )
    for chosen in found.values():
        if chosen.header not in headers:
            raise Invalid(
                f"column {chosen.header!r} is not there; found: {there}",
                reason="unreadable",
            )
    return found


def _recognised(headers: Sequence[str]) -> dict[str, Chosen]:
    split = {header: _name_and_unit(str(header)) for header in headers}
    found: dict[str, Chosen] = {}
    for quantity, names in _NAMES.items():
        for name in names:
            for header, (base, unit) in split.items():
                factor = _UNIT[quantity].get(unit)
                if base == name and factor is not None and quantity not in found:
                    found[quantity] = Chosen(header, factor)
    return found


def _mapped(mapping: ColumnMapping) -> dict[str, Chosen]:
    units = {
        "time": mapping.time_unit,
        "voltage": mapping.voltage_unit,
        "current": mapping.current_unit,
        "step": "",
        "temperature": "",
    }
    names: Mapping[str, str | None] = {quantity: getattr(mapping, quantity) for quantity in units}
    found = {}
    for quantity, header in names.items():
        if header is None:
            continue
        factor = _UNIT[quantity].get(units[quantity].lower())
        if factor is None:
            allowed = ", ".join(unit for unit in _UNIT[quantity] if unit)
            raise Invalid(f"{quantity}_unit: {units[quantity]!r}; allowed: {allowed}")
        if quantity == "current" and mapping.discharge_is_positive:
            factor = -factor
        found[quantity] = Chosen(header, factor)
    return found


def _name_and_unit(header: str) -> tuple[str, str]:
    """Split ``Current(mA)``, ``Test Time / s``, ``time/s``, ``voltage_volt``, ``I [mA]``."""
    text = header.strip()[:200]
    match = re.fullmatch(r"(.+?)\s*[(\[]\s*([^)\]]*)\s*[)\]]", text) or re.fullmatch(
        r"(.+?)\s*/\s*([^/]+)", text
    )
    base, unit = match.groups() if match else (text, "")
    words = re.sub(r"[_\s]+", " ", base).strip().lower().split(" ")
    if not match and words[-1] in ("second", "volt", "ampere", "celsius", "1"):
        unit = words.pop()
    return " ".join(words), unit.strip().lower()
