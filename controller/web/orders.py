"""The API's routes that change something about a campaign: orders, and starting one."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from controller.desk import ORDERS
from controller.launch import checked_text, go_on, launch
from controller.web.api import person_of
from controller.web.body import model_of, read_json
from controller.web.caller import CSRF_HEADER, require_own_form
from controller.web.needs import caller_of
from controller.web.once import once
from controller.web.problem import HttpProblem
from controller.web.service import Service, service_of

OrderKind = Literal["pause", "resume", "drain", "abort", "run"]


class OrderBody(BaseModel):
    """What to tell a campaign; ``run`` starts a control for one that nobody works on."""

    model_config = ConfigDict(extra="forbid", strict=True)
    kind: OrderKind
    reason: str = Field(default="", max_length=500)


class CampaignBody(BaseModel):
    """A campaign's file."""

    model_config = ConfigDict(extra="forbid", strict=True)
    yaml: str = Field(max_length=100_000)


async def give_order(request: Request, campaign: str) -> Response:
    """Pause, resume, drain or abort a campaign, or go on with it."""
    body = await from_own_client(request)
    asked = model_of(body, OrderBody)
    service, by = service_of(request), person_of(request).name

    async def act() -> tuple[int, dict[str, Any]]:
        words = await run_in_threadpool(
            carried_out, service, campaign, asked.kind, asked.reason, by
        )
        return 200, {"message": words}

    return await once(request, body, act)


async def check_campaign(request: Request) -> dict[str, Any]:
    """Check a campaign's file and say what is wrong with it, or what it is."""
    asked = model_of(await from_own_client(request), CampaignBody)
    loaded = await run_in_threadpool(checked_text, asked.yaml)
    return {"campaign": loaded.campaign.model_dump(mode="json")}


async def start_campaign(request: Request) -> Response:
    """Check a campaign's file, keep it, and start it."""
    body = await from_own_client(request)
    asked = model_of(body, CampaignBody)
    service = service_of(request)

    async def act() -> tuple[int, dict[str, Any]]:
        name, words = await run_in_threadpool(started, service, asked.yaml)
        return 202, {"campaign": name, "message": words}

    return await once(request, body, act)


async def from_own_client(request: Request) -> bytes:
    """Return the JSON body of a request that a program or this session's page sent."""
    service = service_of(request)
    found = request.headers.get(CSRF_HEADER, "")
    require_own_form(request, caller_of(request), service.address, found)
    return await read_json(request)


def started(service: Service, text: str) -> tuple[str, str]:
    """Start the campaign of a text; return its name and what to say. Raises ``Invalid``."""
    loaded = checked_text(text)
    name = loaded.campaign.name
    if name in service.follower.campaigns:
        raise HttpProblem(f"there is a campaign {name} here; choose another name", status=409)
    return name, launch(service.home, service.runs, loaded)


def carried_out(service: Service, campaign: str, kind: OrderKind, reason: str, by: str) -> str:
    """Have an order carried out, and return once the pages know of it."""
    followed = service.campaign(campaign)
    if kind == "run":
        return go_on(service.home, service.runs, followed)
    order = ORDERS[kind](campaign=campaign, reason=reason, person=by)
    return service.ordered(order)
