"""Edits over the API and the page: first shown with all that follows from them, then asked for."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from controller.approval_view import PredictedRow, predicted_rows
from controller.build_orders import Edit, TryEdit, order_of
from controller.edit_score import given_up_words
from controller.edited_request import Value, edited_request, values_of
from controller.operate import tried
from controller.proposals import ProposalRecord
from controller.state import State
from controller.web.api import person_of
from controller.web.approval import digest_of, given, shown
from controller.web.body import model_of
from controller.web.forms import own_form
from controller.web.once import answered
from controller.web.orders import from_own_client
from controller.web.problem import status_of
from controller.web.proposals import given_once, if_match, record_of
from controller.web.render import page
from controller.web.service import service_of
from experiments.build import BuildRequest
from experiments.errors import CellwrightError, Invalid
from experiments.frozen import Frozen
from experiments.proposal import Proposal


class EditBody(BaseModel):
    """Values to build instead; what is not named stays."""

    model_config = ConfigDict(extra="forbid", strict=True)
    values: dict[str, float | int | str] = Field(default_factory=dict, max_length=100)
    n_cells: int | None = Field(default=None, ge=1, le=96)
    text: str = Field(default="", max_length=2000)


class Trial(Frozen):
    """What an edit would come to, for people."""

    proposal: Proposal
    words: str
    """What it gives up, or why it cannot be scored; empty where the design stays."""
    rows: tuple[tuple[str, str, str, str], ...]
    """Metric, predicted with the edit, predicted before, difference to the incumbent."""


async def api_edit(request: Request, campaign: str, proposal: str) -> Response:
    """Ask for other values: a new version, scored and within limits, on which nobody decided."""
    body, asked, record = await _asked(request, campaign, proposal)
    made = await _request(request, campaign, record, asked.values, asked.n_cells)
    order = order_of(
        Edit,
        campaign=campaign,
        proposal_id=record.proposal.id,
        digest=if_match(request),
        request=made,
        by=person_of(request),
        text=asked.text,
    )
    return await given_once(request, body, order)


async def api_trial(request: Request, campaign: str, proposal: str) -> Response:
    """Show what an edit would come to: predictions, what it gives up, cost. Nothing is stored."""
    _, asked, record = await _asked(request, campaign, proposal)
    made = await _request(request, campaign, record, asked.values, asked.n_cells)
    found = await _tried(request, campaign, record, made, if_match(request))
    document = {"words": given_up_words(found), "proposal": found.model_dump(mode="json")}
    return answered(200, document)


async def edit(request: Request, campaign: str, proposal: str) -> Response:
    """Ask for what the form says instead of what the page showed."""
    form = await own_form(request)
    record = record_of(service_of(request), campaign, proposal)
    values = values_of(record.proposal.request, form)
    made = await _request(request, campaign, record, values, _n_cells(form))
    order = order_of(
        Edit,
        campaign=campaign,
        proposal_id=record.proposal.id,
        digest=digest_of(form),
        request=made,
        by=person_of(request),
        text=form.get("text", ""),
    )
    return await given(service_of(request), order, campaign, proposal)


async def trial(request: Request, campaign: str, proposal: str) -> Response:
    """Show what the form's values would come to: beside the form, or on a whole page."""
    form = await own_form(request)
    service = service_of(request)
    record = record_of(service, campaign, proposal)
    state = service.campaign(campaign).state
    found, said, status = None, "", 200
    try:
        values = values_of(record.proposal.request, form)
        made = await _request(request, campaign, record, values, _n_cells(form))
        after = await _tried(request, campaign, record, made, digest_of(form))
        found = _trial(state, record, after)
    except CellwrightError as error:
        said, status = error.message, status_of(error)
    shown_trial = {"found": found, "said": said}
    if request.headers.get("hx-request") == "true":
        return page(request, "trial.html", trial=shown_trial)
    values_shown = await run_in_threadpool(shown, service, campaign, record, person_of(request))
    values_shown |= {"trial": shown_trial, "typed": form}
    return page(
        request, "proposal.html", status=status, campaign=campaign, record=record, **values_shown
    )


def _trial(state: State, record: ProposalRecord, after: Proposal) -> Trial:
    """Return an edit beside what was shown."""
    before = _by_label(state, record)
    rows = tuple(
        (
            one.label,
            one.predicted,
            before[one.label].predicted if one.label in before else "",
            one.change,
        )
        for one in _by_label(state, replace(record, proposal=after)).values()
    )
    return Trial(proposal=after, words=given_up_words(after), rows=rows)


def _by_label(state: State, record: ProposalRecord) -> dict[str, PredictedRow]:
    return {one.label: one for one in predicted_rows(state, record)}


async def _asked(
    request: Request, campaign: str, proposal: str
) -> tuple[bytes, EditBody, ProposalRecord]:
    body = await from_own_client(request)
    asked = model_of(body, EditBody)
    return body, asked, record_of(service_of(request), campaign, proposal)


async def _request(
    request: Request,
    campaign: str,
    record: ProposalRecord,
    values: Mapping[str, Value],
    n_cells: int | None,
) -> BuildRequest:
    return await run_in_threadpool(
        edited_request,
        service_of(request).campaign(campaign).state.campaign,
        record.proposal.request,
        values,
        n_cells,
    )


async def _tried(
    request: Request, campaign: str, record: ProposalRecord, made: BuildRequest, digest: str
) -> Proposal:
    about: dict[str, Any] = {"campaign": campaign, "proposal_id": record.proposal.id}
    order = order_of(TryEdit, digest=digest, request=made, by=person_of(request), **about)
    service = service_of(request)
    known = service.follower.known(campaign)
    return await run_in_threadpool(functools.partial(tried, service.home, order, known=known))


def _n_cells(form: dict[str, str]) -> int:
    n_cells = form.get("n_cells", "")
    if not n_cells.isascii() or not n_cells.isdigit() or len(n_cells) > 3:
        raise Invalid(f"n_cells: {n_cells[:40]!r} is no number of cells")
    return int(n_cells)
