"""Proposals and builds over the API: shown to those who may see them, decided by people alone."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from controller.build_orders import BuildOrder, Decide, Settle, Withdraw, order_of
from controller.four_eyes import reasons_for_two
from controller.proposals import ProposalRecord
from controller.web.api import MOST_ITEMS, After, Limit, page_of, person_of
from controller.web.body import model_of
from controller.web.once import answered, once
from controller.web.orders import from_own_client
from controller.web.problem import HttpProblem
from controller.web.service import Service, service_of
from experiments.proposal import RejectionReason, Verdict

_ETAG: Final = re.compile(r'"([0-9a-f]{64})"')


class DecisionBody(BaseModel):
    """A verdict on the version that If-Match names."""

    model_config = ConfigDict(extra="forbid", strict=True)
    verdict: Verdict
    reason: RejectionReason | None = None
    text: str = Field(default="", max_length=2000)


class TextBody(BaseModel):
    """A few words why."""

    model_config = ConfigDict(extra="forbid", strict=True)
    text: str = Field(default="", max_length=2000)


class SettleBody(BaseModel):
    """What became of a build."""

    model_config = ConfigDict(extra="forbid", strict=True)
    outcome: Literal["accepted", "not_accepted", "given_up"]
    text: str = Field(default="", max_length=2000)


async def proposals(
    request: Request, campaign: str, after: After = 0, limit: Limit = 50
) -> dict[str, Any]:
    """List a campaign's proposals in the order they were made."""
    found = list(service_of(request).campaign(campaign).state.proposals.values())
    items = [summary(one) for one in found[after : after + limit]]
    return page_of(items, after, limit, len(found))


async def proposal(request: Request, campaign: str, proposal: str) -> Response:
    """Show a proposal in its latest version; its ETag is what a decision must name."""
    service = service_of(request)
    record = record_of(service, campaign, proposal)
    rules = service.campaign(campaign).state.campaign
    document = {
        **summary(record),
        "needs_two": await run_in_threadpool(reasons_for_two, rules, record.proposal),
        "proposal": record.proposal.model_dump(mode="json"),
    }
    answer = answered(200, document)
    answer.headers["ETag"] = f'"{record.proposal.digest}"'
    return answer


async def decide(request: Request, campaign: str, proposal: str) -> Response:
    """Approve or reject exactly the version that If-Match names."""
    body = await from_own_client(request)
    asked = model_of(body, DecisionBody)
    order = order_of(
        Decide,
        campaign=campaign,
        proposal_id=known_id(service_of(request), campaign, proposal),
        digest=if_match(request),
        verdict=asked.verdict,
        by=person_of(request),
        reason=asked.reason,
        text=asked.text,
    )
    return await given_once(request, body, order)


async def withdraw(request: Request, campaign: str, proposal: str) -> Response:
    """Take an approval back before anything was sent."""
    body = await from_own_client(request)
    asked = model_of(body, TextBody)
    order = order_of(
        Withdraw,
        campaign=campaign,
        proposal_id=known_id(service_of(request), campaign, proposal),
        digest=if_match(request),
        by=person_of(request),
        text=asked.text,
    )
    return await given_once(request, body, order)


async def builds(
    request: Request, campaign: str, after: After = 0, limit: Limit = 50
) -> dict[str, Any]:
    """List a campaign's builds in the order of their approval."""
    found = list(service_of(request).campaign(campaign).state.builds.values())
    items = [
        {
            "id": one.build.id,
            "proposal_id": one.build.proposal_id,
            "instrument": one.instrument,
            "stage": one.stage,
            "since": one.since,
            "reason": one.reason,
            "needs_person": one.needs_person,
            "station": one.station,
            "n_cells": one.build.n_cells,
            "n_ok": one.n_ok,
            "job_id": one.job_id,
        }
        for one in found[after : after + limit]
    ]
    return page_of(items, after, limit, len(found))


async def settle(request: Request, campaign: str, build: str) -> Response:
    """Say what became of a build whose outcome nobody knows."""
    body = await from_own_client(request)
    asked = model_of(body, SettleBody)
    if build not in service_of(request).campaign(campaign).state.builds:
        raise HttpProblem("there is no such build", status=404)
    order = order_of(
        Settle,
        campaign=campaign,
        build_id=build,
        outcome=asked.outcome,
        by=person_of(request),
        text=asked.text,
    )
    return await given_once(request, body, order)


async def audit(
    request: Request, campaign: str, after: After = 0, limit: Limit = MOST_ITEMS
) -> dict[str, Any]:
    """Show the decisions past a journal position, once the whole chain was checked."""
    return await audited(service_of(request), campaign, after, limit)


async def audited(service: Service, campaign: str, after: int, limit: int) -> dict[str, Any]:
    """Return a page of decisions and the end of the chain, which is checked once for it.

    Whoever asks meanwhile waits for their turn, and keeps no thread busy.
    """
    service.campaign(campaign)
    async with service.auditing:
        return await run_in_threadpool(_audited, service, campaign, after, limit)


def _audited(service: Service, campaign: str, after: int, limit: int) -> dict[str, Any]:
    audit = service.trail.read()
    past = (one for one in audit.lines.get(campaign, ()) if one.position > after)
    found = list(islice(past, limit + 1))
    shown = found[:limit]
    return {
        "campaign": campaign,
        "position": audit.tip.position,
        "hash": audit.tip.hash,
        "decisions": [one.model_dump(mode="json") for one in shown],
        "next": shown[-1].position if len(found) > limit else None,
    }


def give(service: Service, order: BuildOrder) -> str:
    """Have an order about builds carried out; return once the pages know of it."""
    return service.ordered(order)


def if_match(request: Request) -> str:
    """Return the digest a request names. Raises ``HttpProblem`` where it names none."""
    found = _ETAG.fullmatch(request.headers.get("if-match", ""))
    if found is None:
        raise HttpProblem('If-Match: "DIGEST" names what was looked at', status=428)
    return found[1]


def record_of(service: Service, campaign: str, proposal: str) -> ProposalRecord:
    """Return a proposal. Raises ``HttpProblem`` where there is none."""
    found = service.campaign(campaign).state.proposals.get(proposal)
    if found is None:
        raise HttpProblem("there is no such proposal", status=404)
    return found


def known_id(service: Service, campaign: str, proposal: str) -> str:
    """Return the id of a proposal that is there. Raises ``HttpProblem``."""
    return record_of(service, campaign, proposal).proposal.id


def summary(record: ProposalRecord) -> dict[str, Any]:
    """Return how a proposal stands."""
    one = record.proposal
    steps = [
        {
            "kind": step.kind,
            "version": step.version,
            "digest": step.digest,
            "at": step.at,
            "by": None
            if step.by is None
            else step.by.model_dump(mode="json", exclude={"token_id"}),
            "reason": step.reason,
            "text": step.text,
        }
        for step in record.steps
    ]
    return {
        "id": one.id,
        "version": one.version,
        "digest": one.digest,
        "status": record.status,
        "design": dict(one.request.design.values),
        "expires_at": one.expires_at,
        "build_id": record.build_id,
        "steps": steps,
    }


async def given_once(request: Request, body: bytes, order: BuildOrder) -> Response:
    """Have an order of a program carried out, once however often it is sent."""
    service = service_of(request)

    async def act() -> tuple[int, dict[str, Any]]:
        return 200, {"message": await run_in_threadpool(give, service, order)}

    return await once(request, body, act)
