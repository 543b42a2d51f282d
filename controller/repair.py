"""Repair a damaged journal: keep the longest valid prefix, and say exactly what is lost.

The repaired journal is a new file. The damaged one and the log beside it stay in the home under
another name, untouched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from controller.home import Home
from controller.journal.copy import write_journal
from controller.journal.hash_chain import Anchor, Row
from controller.journal.head import head_path, read_head
from controller.journal.salvage import Salvage
from experiments.errors import Invalid

_LOG: Final = "-wal"
_INDEX: Final = "-shm"


@dataclass(frozen=True)
class Repair:
    """What a repair would do, or did."""

    n_kept: int
    tip: Anchor
    n_lost: int
    """Events that the journal held and that are not kept, as far as anything tells of them."""
    lost: tuple[str, ...]
    """What can still be read of them, in words; nothing vouches for it."""
    kept_beside: Path | None = None
    """Where the damaged journal is now."""


def plan_repair(home: Home) -> Repair:
    """Return what a repair would keep and lose; nothing is changed."""
    if not home.journal.is_file():
        raise Invalid(f"{home.path} has no journal.db to be repaired")
    return _planned(Salvage(home.journal), read_head(home.journal))


def repair(home: Home, now: datetime) -> Repair:
    """Put the longest valid prefix in the journal's place. The caller holds the home's lock."""
    journal = home.journal
    salvage, head = Salvage(journal), read_head(journal)
    planned = _planned(salvage, head)
    made = journal.with_name("journal.repaired.db")
    made.unlink(missing_ok=True)
    # A control that was stopped and comes back has at most the epoch of what is lost.
    epoch = max((row.epoch for row in salvage.beyond(planned.tip)), default=0)
    write_journal(made, salvage.prefix(), epoch=epoch)
    beside = journal.with_name(f"journal.damaged-{now:%Y%m%dT%H%M%SZ}.db")
    for number in range(2, 1000):
        if not beside.exists():
            break
        beside = journal.with_name(f"journal.damaged-{now:%Y%m%dT%H%M%SZ}-{number}.db")
    os.rename(journal, beside)
    for ending, place in ((_LOG, beside.with_name(f"{beside.name}{_LOG}")), (_INDEX, None)):
        file = journal.with_name(f"{journal.name}{ending}")
        if file.exists():
            file.unlink() if place is None else os.rename(file, place)
    os.rename(made, journal)
    os.rename(head_path(made), head_path(journal))
    _make_durable(home.path)
    return Repair(planned.n_kept, planned.tip, planned.n_lost, planned.lost, beside)


def _planned(salvage: Salvage, head: Anchor | None) -> Repair:
    tip = Anchor()
    for row in salvage.prefix():
        tip = Anchor(row.position, row.hash)
    beyond = salvage.beyond(tip)
    last = max([tip.position, *(row.position for row in beyond)])
    last = max(last, head.position) if head is not None else last
    return Repair(tip.position, tip, last - tip.position, tuple(_words(beyond)))


def _words(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        yield f"position {row.position}: campaign {row.campaign}, {_what(row)}, {row.at}"


def _what(row: Row) -> str:
    try:
        body = json.loads(row.body)
        job = body.get("job") or body.get("observation", {}).get("job") or {}
        return f"{body['kind']} {job.get('id', '')}".strip()
    except (ValueError, AttributeError, KeyError, UnicodeDecodeError):
        return "unreadable"


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
