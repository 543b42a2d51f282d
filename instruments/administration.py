"""The administrator's file of instruments: the only place an address can come from."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Final, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import Field, StrictBool, ValidationError, field_validator, model_validator

from experiments.capabilities import Capabilities, Limits
from experiments.errors import Invalid
from experiments.frozen import Frozen
from instruments.administrators_file import read_administrators_file
from instruments.hard_limits import HardLimits
from instruments.results.columns import ColumnMapping

VARIABLE: Final = "CELLWRIGHT_INSTRUMENTS"
FILE_NAME: Final = "instruments.yaml"


class Offer(Frozen):
    """What a folder-based instrument can make, in the administrator's words."""

    chemistries: tuple[str, ...] = Field(min_length=1)
    formats: tuple[str, ...] = ("coin",)
    limits: Limits
    max_cells: int = Field(default=16, ge=1)
    stock: dict[str, float] = Field(default_factory=dict)


class InstrumentEntry(Frozen):
    """One instrument of the file."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    kind: str
    """``http-lab``, ``manual``, ``cycler-by-file``, or the name of an entry point."""
    secret_file: Path
    """Mode 0600; relative paths are beside the administrator's file."""
    address: str | None = None
    folder: Path | None = None
    results_folder: Path | None = None
    dialect: Literal["neware", "biologic"] | None = None
    simulated: StrictBool = False
    """Nothing real can be built there: a policy may approve builds."""
    hard_limits: HardLimits = HardLimits()
    offer: Offer | None = None
    mapping: ColumnMapping | None = None
    """How this instrument's own CSV files name their columns."""
    options: dict[str, str | float | int | bool] = Field(default_factory=dict)
    """For adapters from outside."""

    @field_validator("address")
    @classmethod
    def _address_is_plain(cls, address: str | None) -> str | None:
        if address is None:
            return None
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("allowed: http://… or https://…")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("no credentials, query or fragment in an address")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("http only on this machine; elsewhere https")
        return address

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> InstrumentEntry:
        needs = {
            "http-lab": ("address",),
            "manual": ("offer",),
            "cycler-by-file": ("offer", "dialect"),
        }
        for name in needs.get(self.kind, ()):
            if getattr(self, name) is None:
                raise ValueError(f"{self.kind} needs {name}")
        return self

    @property
    def capabilities(self) -> Capabilities:
        """Return the offer, never wider than the hard limits. Raises ``Invalid`` without one."""
        if self.offer is None:
            raise Invalid(f"instrument {self.name}: needs an offer")
        told = Capabilities(
            instrument=self.name, is_simulated=self.simulated, **self.offer.model_dump()
        )
        return self.hard_limits.narrowed(told)


def instruments_file(home: Path, environment: Mapping[str, str]) -> Path:
    """Return where the file is: ``CELLWRIGHT_INSTRUMENTS``, or in the home."""
    named = environment.get(VARIABLE)
    return Path(named).absolute() if named else home / FILE_NAME


def read_instruments(path: Path) -> tuple[InstrumentEntry, ...]:
    """Return the file's instruments; no file means none.

    Raises ``Invalid`` where it is open to others' writing or wrong, with the key that is.
    """
    text = read_administrators_file(path, closed_to=0o022, allowed="0644 or stricter")
    if text is None:
        return ()
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a 13th month is a ValueError
        raise Invalid(f"{path}: {str(error).splitlines()[0]}") from error
    is_list = isinstance(document, dict) and isinstance(
        document.get("instruments"), list | NoneType
    )
    if not is_list or set(document) != {"instruments"}:
        raise Invalid(f"{path}: allowed: one key, instruments, with a list")
    entries = [_entry(path, n, value) for n, value in enumerate(document["instruments"] or ())]
    names = [entry.name for entry in entries]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise Invalid(f"{path}: two instruments are named {twins[0]}")
    return tuple(entries)


def _entry(path: Path, number: int, value: object) -> InstrumentEntry:
    try:
        entry = InstrumentEntry.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in ("instruments", number, *first["loc"]))
        raise Invalid(f"{path}: {where}: {first['msg']}") from error
    beside = path.absolute().parent
    moved = {
        name: beside / given
        for name in ("secret_file", "folder", "results_folder")
        if (given := getattr(entry, name)) is not None
    }
    return entry.model_copy(update=moved)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
