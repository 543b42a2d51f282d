"""Watches the processes of a local Ray; Ray itself takes a minute to notice its head's end.

Measured on Ray 2.60: sixty seconds after the GCS is killed, Ray ends the driver, and whatever asks
it something hangs until then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from ray._private import worker

_VITAL: Final = ("gcs_server", "raylet")
_EVERY_S: Final = 0.25


def watch_vitals(when_gone: Callable[[str], None]) -> None:
    """Call back, from a thread of its own, once a process that Ray cannot do without has ended."""
    threading.Thread(target=_watch, args=(when_gone,), name="ray-vitals", daemon=True).start()


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
