"""The processes of a running campaign, found in ``/proc`` by what they are."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """What ``/proc`` says of a process."""

    pid: int
    parent: int
    session: int
    state: str
    line: str


def processes() -> Iterator[Process]:
    """Return every process there is."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except (OSError, IndexError):
                continue
            yield Process(int(folder.name), int(fields[1]), int(fields[3]), fields[0], line)


def compute_of(control: int) -> int | None:
    """Return the process id of a control's newest compute."""
    found = [p.pid for p in processes() if p.parent == control and "agents.compute" in p.line]
    return max(found, default=None)


def victim_of(kind: str, control: int, dice: random.Random) -> int | None:
    """Return a process of the kind under a control, or None where there is none now.

    Kinds: control, compute, worker (one of Ray's, busy ones mostly; not the agents of its node,
    with which the raylet ends), ray (GCS or raylet).
    """
    if kind == "control":
        return control
    compute = compute_of(control)
    if kind == "compute" or compute is None:
        return compute
    below = [p for p in processes() if p.session == compute and p.state != "Z"]
    if kind == "worker":
        workers = [p for p in below if p.line.startswith("ray::") and "Agent" not in p.line]
        busy = [p for p in workers if "IDLE" not in p.line and "Lane" not in p.line]
        return _one_of(busy if busy and dice.random() < 0.8 else workers, dice)
    parts = ("gcs_server", "raylet/raylet")
    return _one_of([p for p in below if any(part in p.line[:300] for part in parts)], dice)


def left_behind(folder: Path) -> list[str]:
    """Return the command lines of processes that name a folder."""
    return [process.line for process in processes() if str(folder) in process.line]


def _one_of(found: list[Process], dice: random.Random) -> int | None:
    ordered = sorted(found, key=lambda process: process.pid)
    return dice.choice(ordered).pid if ordered else None
