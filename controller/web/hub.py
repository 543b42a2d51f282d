"""News of campaigns, from the follower's thread to every page that listens."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from controller.web.problem import HttpProblem

MOST_LISTENERS: Final = 500
"""Pages that listen at once; each costs a connection."""


class Hub:
    """Who listens to which campaign. All but ``tell`` belongs to the service's loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._n = 0
        self.is_closing = False

    def begin(self) -> None:
        """Take the running loop for the one that news go to."""
        self._loop = asyncio.get_running_loop()

    def end(self) -> None:
        """Wake every listener a last time."""
        self.is_closing = True
        for name in list(self._listeners):
            self._wake(name)

    def tell(self, campaign: str) -> None:
        """Say from any thread that a campaign changed."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # the loop closed meanwhile
                loop.call_soon_threadsafe(self._wake, campaign)

    @contextlib.contextmanager
    def listening(self, campaign: str) -> Iterator[asyncio.Event]:
        """Give an event that is set at every change. Raises ``HttpProblem`` at the limit."""
        if self._n >= MOST_LISTENERS:
            raise HttpProblem("too many pages listen; close one", status=503)
        news = asyncio.Event()
        self._n += 1
        self._listeners[campaign].add(news)
        try:
            yield news
        finally:
            self._n -= 1
            self._listeners[campaign].discard(news)

    def _wake(self, campaign: str) -> None:
        for news in self._listeners[campaign]:
            news.set()
