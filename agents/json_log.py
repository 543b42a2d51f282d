"""Logs for machines: one JSON object a line, in files that turn over and never grow without end."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

MOST_BYTES: Final = 10_000_000
N_KEPT: Final = 4
"""Older files beside the one being written: 50 MB in all, some hundred thousand lines."""
CONTEXT: Final = "context"
"""Attribute of a log record that holds what it is about, as plain JSON values."""


class JsonLines(logging.Formatter):
    """One object a record: both clocks, process, place, message, and what it is about.

    ``monotonic_s`` orders lines of one machine whatever happens to the calendar.
    """

    def __init__(self, **always: Any) -> None:
        super().__init__()
        self._always = always

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        about = getattr(record, CONTEXT, None)
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "monotonic_s": round(time.monotonic(), 3),
            "level": record.levelname.lower(),
            "process": record.process,
            "logger": record.name,
            "message": record.getMessage(),
            **self._always,
            **(about if isinstance(about, dict) else {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class _Unobtrusive(RotatingFileHandler):
    """Loses a line where the disk takes none, and says nothing of it in anybody's terminal."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on without the line."""


def about(**context: Any) -> dict[str, dict[str, Any]]:
    """Return what to hand to a logger as ``extra``: ``log.info("…", extra=about(job=job.id))``."""
    return {CONTEXT: {name: value for name, value in context.items() if value is not None}}


@contextmanager
def json_log(path: Path, *, level: int = logging.INFO, **always: Any) -> Iterator[None]:
    """Write our own log records, and the warnings of others, to a file while the context lasts."""
    handler = _Unobtrusive(
        path, maxBytes=MOST_BYTES, backupCount=N_KEPT, encoding="utf-8", delay=True
    )
    handler.setFormatter(JsonLines(**always))
    handler.addFilter(_is_worth_keeping)
    root = logging.getLogger()
    ours = [logging.getLogger(name) for name in _OURS]
    before = [one.level for one in ours]
    for one in ours:
        one.setLevel(level)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for one, old in zip(ours, before, strict=True):
            one.setLevel(old)
        with suppress(OSError):  # a full disk: what was not written stays unwritten
            handler.close()


_OURS: Final = ("cellwright", "agents", "controller")


def _is_worth_keeping(record: logging.LogRecord) -> bool:
    is_ours = record.name.partition(".")[0] in _OURS
    return is_ours or record.levelno >= logging.WARNING
