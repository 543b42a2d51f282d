"""Checks of the instruments in the administrator's file: each is asked whether it can work."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from controller.checks import Check, Verdict
from experiments.errors import CellwrightError, Invalid
from instruments.administration import InstrumentEntry, instruments_file, read_instruments
from instruments.opening import open_instrument

_PATIENCE_S: Final = 10.0
"""For an answer of one instrument. Assumed: its own time-outs are of that order."""


def instrument_checks(home: Path, environment: Mapping[str, str]) -> list[Check]:
    """Return one check an instrument; none raises, and nothing is built or changed."""
    path = instruments_file(home, environment)
    try:
        entries = read_instruments(path)
    except Invalid as error:
        return [Check("instruments", Verdict.wrong, "cannot be read", error.message)]
    if not entries:
        told = "none configured"
        return [Check("instruments", Verdict.note, told, "simulated fidelities need none")]
    return [_check(entry, home) for entry in entries]


def _check(entry: InstrumentEntry, home: Path) -> Check:
    name = f"instrument {entry.name}"
    try:
        instrument = open_instrument(entry, home)
        found = asyncio.run(asyncio.wait_for(instrument.health(), _PATIENCE_S))
    except CellwrightError as error:
        return Check(name, Verdict.wrong, "cannot be opened", error.message)
    except TimeoutError:
        return Check(name, Verdict.wrong, "no answer", f"nothing came within {_PATIENCE_S:g} s")
    kind = f"{entry.kind}, simulated" if entry.simulated else entry.kind
    if not found.is_ok:
        return Check(name, Verdict.wrong, kind, found.message)
    return Check(name, Verdict.ok, f"{kind}: {found.message}")
