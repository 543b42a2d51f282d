"""Say on stderr what a command is doing, if it takes longer than a moment."""

from __future__ import annotations

import threading
from typing import Final

from rich.console import Console

QUIET_S: Final = 2.0
"""Work shorter than this is not announced."""


class Announcement:
    """Say on stderr what is being done, once the work has taken two seconds."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._lock = threading.Lock()
        self._words = ""
        self._is_speaking = False
        self._timer = threading.Timer(QUIET_S, self._begin)
        self._timer.daemon = True

    def __enter__(self) -> Announcement:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def __call__(self, words: str) -> None:
        """Take note of the next step, and say it if the work is long."""
        with self._lock:
            self._words = words
            if self._is_speaking:
                self._console.print(f"{words} …", highlight=False)

    def _begin(self) -> None:
        with self._lock:
            self._is_speaking = True
            self._console.print(f"{self._words} …", highlight=False)
