"""Deputies over the API and the page: who decides in whose stead, and until when."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from controller.build_orders import Deputise, order_of
from controller.deputies import require_could_decide
from controller.web.api import person_of
from controller.web.body import model_of
from controller.web.forms import own_form
from controller.web.orders import from_own_client
from controller.web.proposals import give, given_once
from controller.web.service import service_of
from experiments.errors import Invalid

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
"""One of the forms of ISO 8601 alone: the others are taken for something else by people."""


class DeputyBody(BaseModel):
    """Who decides in whose stead; no deputy: nobody any more."""

    model_config = ConfigDict(extra="forbid", strict=True)
    person: str = Field(max_length=40)
    deputy: str | None = Field(default=None, max_length=40)
    until: str | None = Field(default=None, max_length=10)
    """The last day of the lab on which they do: 2026-12-04."""
    text: str = Field(default="", max_length=2000)


async def deputies(request: Request, campaign: str) -> dict[str, Any]:
    """List who decides in whose stead."""
    state = service_of(request).campaign(campaign).state
    now = service_of(request).clock.now()
    items = [
        {"person": person, "deputy": one.name, "until": one.until}
        for person, one in state.deputies.items()
        if one.is_in_force(now)
    ]
    return {"items": items}


async def api_deputise(request: Request, campaign: str) -> Response:
    """Have somebody decide in an approver's stead until a day is over, or nobody any more."""
    body = await from_own_client(request)
    asked = model_of(body, DeputyBody)
    service_of(request).campaign(campaign)
    order = _order(request, campaign, asked.person, asked.deputy, asked.until, asked.text)
    return await given_once(request, body, order)


async def deputise(request: Request, campaign: str) -> Response:
    """Do what the form on the page of proposals says."""
    form = await own_form(request)
    service = service_of(request)
    service.campaign(campaign)
    deputy, until = form.get("deputy") or None, form.get("until") or None
    order = _order(request, campaign, form.get("person", ""), deputy, until, form.get("text", ""))
    await run_in_threadpool(give, service, order)
    return RedirectResponse(f"/campaigns/{campaign}/builds", 303)


def _order(
    request: Request, campaign: str, person: str, deputy: str | None, until: str | None, text: str
) -> Deputise:
    day = None if until is None else _day(until)
    if deputy is not None:
        require_could_decide(service_of(request).people.accounts, deputy, campaign)
    return order_of(
        Deputise,
        campaign=campaign,
        person=person,
        deputy=deputy,
        until=day,
        by=person_of(request),
        text=text,
    )


def _day(text: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Invalid(f"until: {text!r} is no day; allowed: as 2026-12-04")
