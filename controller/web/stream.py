"""Server-sent events: a page is told that its campaign changed, and asks for what it shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import StreamingResponse

from controller.people import Action, may
from controller.web.caller import identify
from controller.web.service import Service, service_of

_HEARTBEAT_S: Final = 15.0
_NOT_FASTER_THAN_S: Final = 0.3
"""Several events at once are one piece of news."""


async def stream(request: Request) -> StreamingResponse:
    """Send ``moment`` with the campaign's journal position, now and at every change."""
    service, campaign = service_of(request), request.path_params["campaign"]
    service.campaign(campaign)
    return StreamingResponse(
        _news(service, campaign, request),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _news(service: Service, campaign: str, request: Request) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    with service.hub.listening(campaign) as news:
        while not service.hub.is_closing:
            news.clear()
            caller = identify(request, service.people, service.address, is_use=False)
            if not may(caller.person, campaign, Action.view):
                yield "event: over\ndata: {}\n\n"  # signed out, expired, or no longer allowed
                return
            followed = service.campaign(campaign)
            moment = {"position": followed.state.position, "state": followed.state.phase}
            yield f"event: moment\ndata: {json.dumps(moment)}\n\n"
            await asyncio.sleep(_NOT_FASTER_THAN_S)
            while not news.is_set():
                try:
                    async with asyncio.timeout(_HEARTBEAT_S):
                        await news.wait()
                except TimeoutError:
                    yield ": still here\n\n"
                    if await request.is_disconnected():
                        return
                    break
