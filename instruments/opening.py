"""Open the instruments of the administrator's file: built-in kinds, and those from outside."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path
from typing import Final, Protocol

from experiments.errors import Invalid
from instruments.administration import InstrumentEntry, instruments_file, read_instruments
from instruments.instrument import Instrument
from instruments.secret_file import read_secret
from instruments.spool import Spool

GROUP: Final = "cellwright.instruments"
"""Entry points: kind → a function that is an ``Opener``."""
BUILT_IN: Final = ("http-lab", "manual", "cycler-by-file")


class Opener(Protocol):
    """What an entry point of ``cellwright.instruments`` names."""

    def __call__(self, entry: InstrumentEntry, secret: bytes, folder: Path) -> Instrument:
        """Return the instrument of an entry; ``folder`` is its own to keep things in."""


def kinds() -> tuple[str, ...]:
    """Return the kinds there are; none is imported. A built-in name cannot be taken over."""
    outside = sorted(entry.name for entry in metadata.entry_points(group=GROUP))
    return tuple(dict.fromkeys([*BUILT_IN, *outside]))


def open_instrument(entry: InstrumentEntry, home: Path) -> Instrument:
    """Return the adapter of an entry; nothing is sent anywhere. Raises ``Invalid``."""
    secret = read_secret(entry.secret_file)
    folder = _folder(entry, home)
    if entry.kind == "http-lab":
        from instruments.http_lab import HttpLab

        return HttpLab(
            entry.name,
            entry.address or "",
            secret,
            folder / "spool",
            hard_limits=entry.hard_limits,
            is_simulated=entry.simulated,
        )
    if entry.kind == "manual":
        from instruments.manual_lab import manual_lab

        return manual_lab(entry.name, secret, folder, entry.capabilities)
    if entry.kind == "cycler-by-file":
        from instruments.cycler_by_file import cycler_by_file

        return cycler_by_file(
            entry.name,
            secret,
            folder,
            entry.capabilities,
            dialect=entry.dialect or "neware",
            results_folder=entry.results_folder,
        )
    for point in metadata.entry_points(group=GROUP, name=entry.kind):
        opener: Opener = point.load()
        return opener(entry, secret, folder)
    raise Invalid(
        f"instrument {entry.name}: kind {entry.kind!r} is not known; allowed: {', '.join(kinds())}"
    )


def kept_files(home: Path, name: str) -> Spool:
    """Return where an instrument's adapter keeps the files it took, by their hash.

    An instrument that the administrator's file does not name any more has its folder in the home.
    """
    path = instruments_file(home, os.environ)
    entries = {entry.name: entry for entry in read_instruments(path)} if path.is_file() else {}
    folder = _folder(entries[name], home) if name in entries else home / "instruments" / name
    return Spool(folder / "spool")


def _folder(entry: InstrumentEntry, home: Path) -> Path:
    return entry.folder or home / "instruments" / entry.name
