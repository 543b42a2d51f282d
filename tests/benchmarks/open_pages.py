"""Pages of the control room that are open, without a browser: they listen and ask for news.

All of them share one thread and speak plain HTTP over their own connections, so that what is
measured is the service's time, and little of theirs.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import NamedTuple
from urllib.parse import urlsplit

_POSITION = re.compile(rb'"position": (\d+)')
_SHOWN = re.compile(rb'data-position="(\d+)"')


class Seen(NamedTuple):
    """When a page was told of an event, and when it had what it shows of it; since the epoch."""

    told_s: float
    shown_s: float


class Page:
    """One open page of a campaign."""

    def __init__(self, address: str, token: str, campaign: str) -> None:
        parts = urlsplit(address)
        self._place = str(parts.hostname), int(parts.port or 80)
        self._rest = f" HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
        self._campaign = campaign

    async def open(self) -> int:
        """Begin to listen, and return the position it is told first."""
        self._stream, writer = await asyncio.open_connection(*self._place)
        self._asked, self._asking = await asyncio.open_connection(*self._place)
        self._writers = (writer, self._asking)
        writer.write(f"GET /api/v1/campaigns/{self._campaign}/stream{self._rest}".encode())
        return await self._told_past(0)

    async def see(self, position: int) -> Seen:
        """Return when an event past this position was told and shown."""
        await self._told_past(position)
        told_s = time.time()
        self._asking.write(f"GET /campaigns/{self._campaign}/moment{self._rest}".encode())
        head = await self._asked.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        assert length is not None
        moment = _SHOWN.search(await self._asked.readexactly(int(length[1])))
        assert moment is not None
        assert int(moment[1]) > position
        return Seen(told_s, time.time())

    def close(self) -> None:
        """Close the page."""
        for writer in self._writers:
            writer.close()

    async def _told_past(self, position: int) -> int:
        async for line in self._stream:
            found = _POSITION.search(line)
            if found is not None and int(found[1]) > position:
                return int(found[1])
        raise ConnectionError("the stream ended")


async def watch(
    address: str, token: str, campaign: str, n_pages: int, order: tuple[str, ...]
) -> list[Seen]:
    """Open pages, run a command that writes an event, and return what each page saw of it."""
    pages = [Page(address, token, campaign) for _ in range(n_pages)]
    async with asyncio.timeout(300):
        position = max([await page.open() for page in pages])
        await asyncio.sleep(1)
        ordered = await asyncio.create_subprocess_exec(*order)
        found = await asyncio.gather(*(page.see(position) for page in pages))
        assert await ordered.wait() == 0
    for page in pages:
        page.close()
    return found
