"""Watches the processes of a local Ray; Ray itself takes a minute to notice its head's end.

Measured on Ray 2.60: sixty seconds after the GCS is killed, Ray ends the driver, and whatever asks
it something hangs until then.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ray._private import worker

_VITAL: Final = ("gcs_server", "raylet")
_EVERY_S: Final = 0.25


def watch_vitals(when_gone: Callable[[str], None]) -> None:
    """Call back, from a thread of its own, once a process that Ray cannot do without has ended."""
    threading.Thread(target=_watch, args=(when_gone,), name="ray-vitals", daemon=True).start()


@contextmanager
def start_watched(when_gone: Callable[[str], None] | None) -> Iterator[None]:
    """Call back, from another thread, once a vital process ends while the body starts Ray.

    Ray knows its own processes only after the start, and waits a minute for one that has ended.
    """
    over = threading.Event()

    def watch(tell: Callable[[str], None]) -> None:
        while not over.wait(_EVERY_S):
            if dead := dead_children():
                tell(f"Ray did not start: {' and '.join(dead)} ended")
                return

    if when_gone is not None:
        threading.Thread(target=watch, args=(when_gone,), name="ray-start", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def dead_children() -> list[str]:
    """Return the names of vital processes among this one's children that have ended unreaped.

    Where the system does not list children under ``/proc``, that is none.
    """
    dead = []
    for listed in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for pid in _read(listed).split():
            name, _, rest = _read(Path(f"/proc/{pid}/stat")).partition("(")[2].rpartition(")")
            if name in _VITAL and rest.split()[:1] == ["Z"]:
                dead.append(name)
    return dead


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it ended meanwhile
        return ""


def dead_parts() -> list[str]:
    """Return a phrase for every vital process that this process started and that has ended."""
    node = worker._global_node
    if node is None:
        return []
    return [
        f"{name} ended {_how(process.returncode)}"
        for name, process in node.dead_processes()
        if name in _VITAL
    ]


def _watch(when_gone: Callable[[str], None]) -> None:
    while worker._global_node is not None:
        dead = dead_parts()
        if dead and worker._global_node is not None:
            when_gone(f"Ray is gone: {', '.join(dead)}")
            return
        time.sleep(_EVERY_S)


def _how(status: int) -> str:
    return f"by signal {-status}" if status < 0 else f"with status {status}"
