"""A call as its worker makes it: timed, named, and with every error in a shape that travels."""

from __future__ import annotations

import os
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agents.container import this_container
from agents.executor import Held, Kept
from experiments.errors import CellwrightError, InternalError


@dataclass(frozen=True)
class Report:
    """What a call came to; exactly one of value and error counts."""

    value: Any
    error: CellwrightError | None
    has_large: bool
    elapsed_s: float
    worker: str
    """``host:pid``, and `` in IMAGE`` behind it inside a container."""
    held: Held = field(default_factory=Held)


def worker_name() -> str:
    """Return the name of this worker: its node, its process, and its container's image."""
    image = this_container()
    return f"{socket.gethostname()}:{os.getpid()}" + (f" in {image}" if image else "")


def call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Report, Any]:
    """Call the function and return its report, and apart from it the large part of its result."""
    started = time.perf_counter()
    value, large, error = None, None, None
    try:
        value = function(*arguments)
    except CellwrightError as known:
        error = known
    except Exception as unknown:  # noqa: BLE001 - a defect must reach the driver as a message
        error = InternalError(
            f"{function.__name__}: {type(unknown).__name__}: {unknown}",
            traceback="".join(traceback.format_exception(unknown))[-8000:],
        )
    has_large = isinstance(value, Kept)
    if isinstance(value, Kept):
        value, large = value.value, value.large
    return Report(
        value=value,
        error=error,
        has_large=has_large,
        elapsed_s=time.perf_counter() - started,
        worker=worker_name(),
    ), large
