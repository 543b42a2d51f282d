"""The approval page: everything that a decision needs on one page, and the forms to decide."""

from __future__ import annotations

from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from controller.approval_view import (
    REASON_WORDS,
    alternative_rows,
    beats_words,
    fixed_rows,
    if_rejected,
    may_be_decided,
    nearest_built,
    predicted_rows,
    recipe_rows,
    why_lines,
)
from controller.authority import deciders, speaking_as
from controller.bench_view import bench_view
from controller.build_orders import BuildOrder, Decide, Settle, Withdraw, order_of
from controller.curve_words import band_words, no_charge_words, plating_words
from controller.edit_score import given_up_words
from controller.four_eyes import reasons_for_two
from controller.incumbent import incumbent, simulated_twin
from controller.people import Person
from controller.proposals import ProposalRecord
from controller.reminders import deadline_words
from controller.report.attachments import charge_curve, volume_curves
from controller.waiting_table import waiting_rows
from controller.web.api import MOST_ITEMS, After, Limit, person_of
from controller.web.figures import material_of
from controller.web.forms import own_form
from controller.web.observation_figures import observation_figures
from controller.web.pages import observation_portraits
from controller.web.proposals import audited, give, known_id, record_of
from controller.web.render import page
from controller.web.service import Service, service_of
from experiments.errors import Invalid
from experiments.performance import VolumeCurves
from experiments.proposal import RejectionReason

_CURVES: Final = ("discharge", "charge", "plating-margin")
_OUTCOMES: Final = ("accepted", "not_accepted", "given_up")


async def proposal_page(request: Request, campaign: str, proposal: str) -> Response:
    """Show one proposal to whoever may decide about it, or only look."""
    service = service_of(request)
    record = record_of(service, campaign, proposal)
    values = await run_in_threadpool(shown, service, campaign, record, person_of(request))
    return page(request, "proposal.html", campaign=campaign, record=record, **values)


async def decide(request: Request, campaign: str, proposal: str) -> Response:
    """Approve or reject what the page showed."""
    form = await own_form(request)
    verdict = form.get("verdict")
    if verdict not in ("approved", "rejected"):
        raise Invalid("verdict: allowed: approved, rejected")
    reason: RejectionReason | None = next(
        (one for one in REASON_WORDS if one == form.get("reason")), None
    )
    service = service_of(request)
    order = order_of(
        Decide,
        campaign=campaign,
        proposal_id=known_id(service, campaign, proposal),
        digest=digest_of(form),
        verdict="approved" if verdict == "approved" else "rejected",
        by=person_of(request),
        reason=reason if verdict == "rejected" else None,
        text=form.get("text", ""),
    )
    return await given(service, order, campaign, proposal)


async def withdraw(request: Request, campaign: str, proposal: str) -> Response:
    """Take an approval back."""
    form = await own_form(request)
    service = service_of(request)
    order = order_of(
        Withdraw,
        campaign=campaign,
        proposal_id=known_id(service, campaign, proposal),
        digest=digest_of(form),
        by=person_of(request),
        text=form.get("text", ""),
    )
    return await given(service, order, campaign, proposal)


async def builds_page(request: Request, campaign: str) -> Response:
    """Show a campaign's proposals and builds."""
    service = service_of(request)
    state, now = service.campaign(campaign).state, service.clock.now()
    waiting = await run_in_threadpool(waiting_rows, state, now)
    return page(
        request,
        "builds.html",
        waiting=waiting if state.phase != "finished" else [],
        deciders=deciders(state, now),
        approvers=state.campaign.approval.approvers,
        campaign=campaign,
        proposals=list(state.proposals.values())[::-1],
        builds=list(state.builds.values())[::-1],
    )


async def settle(request: Request, campaign: str, build: str) -> Response:
    """Say what became of a build whose outcome nobody knows."""
    form = await own_form(request)
    outcome = form.get("outcome")
    if outcome not in _OUTCOMES:
        raise Invalid(f"outcome: allowed: {', '.join(_OUTCOMES)}")
    order = order_of(
        Settle,
        campaign=campaign,
        build_id=build,
        outcome=outcome,
        by=person_of(request),
        text=form.get("text", ""),
    )
    await run_in_threadpool(give, service_of(request), order)
    return RedirectResponse(f"/campaigns/{campaign}/builds", 303)


async def audit_page(
    request: Request, campaign: str, after: After = 0, limit: Limit = MOST_ITEMS
) -> Response:
    """Show a page of decisions, once the whole chain was checked."""
    found = await audited(service_of(request), campaign, after, limit)
    return page(request, "audit.html", campaign=campaign, found=found, limit=limit)


def shown(
    service: Service, campaign: str, record: ProposalRecord, person: Person
) -> dict[str, Any]:
    """Return everything the page shows somebody of a proposal."""
    state = service.campaign(campaign).state
    twin = simulated_twin(state, record.proposal.request.design)
    figures = {} if twin is None else observation_figures(service, campaign, twin)
    read = material_of(service, campaign).read
    charge = None if twin is None else charge_curve(twin, read)
    volumes = VolumeCurves() if twin is None else volume_curves(twin, read)
    against, now = incumbent(state), service.clock.now()
    nearest = nearest_built(state, record)
    return {
        "recipe": recipe_rows(state, record),
        "fixed": fixed_rows(state),
        "nearest": None if nearest is None else nearest.build.id,
        "predicted": predicted_rows(state, record),
        "against": None if against is None else against[0],
        "why": why_lines(state, record),
        "alternatives": alternative_rows(state, record),
        "bench": bench_view(record.proposal.request, record.proposal.told),
        "rejections": if_rejected(),
        "twin": twin,
        "figures": [one for one in figures.values() if one.id in _CURVES],
        "portraits": [] if twin is None else observation_portraits(service, campaign, twin),
        "is_open": may_be_decided(record, service.clock.now()) and state.phase != "finished",
        "build": state.builds.get(record.build_id or ""),
        "is_worked_on": state.phase == "running",
        "approvers": deciders(state, now),
        "deadline": deadline_words(record, state.campaign.approval, now),
        "plating": plating_words(state.campaign, twin, charge, volumes),
        "no_band": "" if twin is None else band_words(twin, volumes),
        "no_charge": "" if charge is not None else no_charge_words(state.campaign, twin),
        "chance": beats_words(record),
        "because": reasons_for_two(state.campaign, record.proposal),
        "is_own": bool(speaking_as(state, person, now).names & record.editors),
        "given_up": given_up_words(record.proposal),
        "typed": {},
        "trial": None,
    }


def digest_of(form: dict[str, str]) -> str:
    """Return the digest of what a form's page showed. Raises ``Invalid``."""
    digest = form.get("digest", "")
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise Invalid("digest: the page's own, 64 hexadecimal digits")
    return digest


async def given(service: Service, order: BuildOrder, campaign: str, proposal: str) -> Response:
    """Have an order of a form carried out, and show what came of it."""
    await run_in_threadpool(give, service, order)
    return RedirectResponse(f"/campaigns/{campaign}/proposals/{proposal}", 303)
