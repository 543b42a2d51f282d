"""What the pages' forms do: sign in and out, give an order, start a campaign."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from controller.campaign_file import built_in_campaigns, load_campaign
from controller.label import objective_text
from controller.launch import checked_text
from controller.web.api import person_of
from controller.web.body import read_form
from controller.web.caller import begin_session, end_session, require_own_form
from controller.web.campaign_form import DEFAULTS, campaign_text
from controller.web.needs import caller_of
from controller.web.orders import OrderKind, carried_out, started
from controller.web.problem import status_of
from controller.web.render import page
from controller.web.service import service_of
from experiments.errors import CellwrightError, Invalid, NotAllowed, NotSignedIn, TooManyAttempts

_KINDS: Final[tuple[OrderKind, ...]] = ("pause", "resume", "drain", "abort", "run")


def local_path(asked: str | None) -> str:
    """Return where to go on this site; anything else leads to the first page."""
    if not asked or not asked.startswith("/") or asked.startswith(("//", "/\\")):
        return "/"
    parts = urlsplit(asked)
    is_plain = asked.isascii() and asked.isprintable() and "\\" not in asked
    return asked if is_plain and not parts.scheme and not parts.netloc else "/"


async def sign_in_page(request: Request, next: str = "/") -> Response:
    """Show the form to sign in."""
    return page(request, "sign_in.html", next=local_path(next), said="", name="")


async def sign_in(request: Request) -> Response:
    """Begin a session, or say in the same words that name or password is wrong."""
    service = service_of(request)
    if request.headers.get("origin", "").lower() not in service.address.origins:
        raise NotAllowed("the request does not say that it comes from this site")
    form = await read_form(request)
    name, target = form.get("name", "")[:100], local_path(form.get("next"))
    address = request.client.host if request.client else "unknown"
    sessions = service.people.sessions
    try:
        secret = await run_in_threadpool(
            sessions.sign_in, name, form.get("password", ""), address=address
        )
    except (NotSignedIn, TooManyAttempts) as error:
        return page(
            request,
            "sign_in.html",
            status=status_of(error),
            next=target,
            said=error.message,
            name=name,
        )
    before = caller_of(request).session
    if before is not None:
        sessions.sign_out(before)
    answer = RedirectResponse(target, 303)
    begin_session(answer, service.address, secret)
    return answer


async def sign_out(request: Request) -> Response:
    """End the session."""
    service, caller = service_of(request), caller_of(request)
    await own_form(request)
    if caller.session is not None:
        service.people.sessions.sign_out(caller.session)
    answer = RedirectResponse("/sign-in", 303)
    end_session(answer, service.address)
    return answer


async def order(request: Request, campaign: str) -> Response:
    """Give an order from the campaign's page."""
    form = await own_form(request)
    kind = next((one for one in _KINDS if one == form.get("kind")), None)
    if kind is None:
        raise Invalid(f"kind: allowed: {', '.join(_KINDS)}")
    reason = form.get("reason", "")[:500]
    by = person_of(request).name
    await run_in_threadpool(carried_out, service_of(request), campaign, kind, reason, by)
    return RedirectResponse(f"/campaigns/{campaign}", 303)


async def new_page(request: Request, like: str = "") -> Response:
    """Show the form of a new campaign, or the text of one that comes with the program."""
    text = load_campaign(like).text if like in built_in_campaigns() else ""
    return page(
        request,
        "new.html",
        values=DEFAULTS,
        text=text,
        said="",
        summary="",
        built_in=built_in_campaigns(),
    )


async def new(request: Request) -> Response:
    """Make, check or start a campaign: the form's button says which."""
    form = await own_form(request)
    service = service_of(request)
    said, summary, status = "", "", 200
    values = {name: form.get(name, default)[:200] for name, default in DEFAULTS.items()}
    text = form.get("text", "")
    try:
        if form.get("do") == "make":
            text = campaign_text(values)
        loaded = await run_in_threadpool(checked_text, text)
        if form.get("do") == "start":
            name, _ = await run_in_threadpool(started, service, text)
            await run_in_threadpool(_wait_for, request, name)
            known = name in service.follower.campaigns
            return RedirectResponse(f"/campaigns/{name}" if known else "/", 303)
        campaign = loaded.campaign
        wanted = "; ".join(objective_text(campaign, one) for one in campaign.objectives)
        summary = f"{campaign.name}: {wanted}, at {campaign.target}"
    except CellwrightError as error:
        said, status = error.message, status_of(error)
    return page(
        request,
        "new.html",
        status=status,
        values=values,
        text=text,
        said=said,
        summary=summary,
        built_in=built_in_campaigns(),
    )


async def own_form(request: Request) -> dict[str, str]:
    """Return the form of a page of this session. Raises ``NotAllowed`` for any other."""
    form = await read_form(request)
    caller = caller_of(request)
    require_own_form(request, caller, service_of(request).address, form.get("csrf", ""))
    return form


def _wait_for(request: Request, name: str) -> None:
    """Give a campaign that was just started a moment to appear."""
    service = service_of(request)
    for _ in range(20):
        if name in service.follower.campaigns or service.runs.words(name) != "running":
            return
        service.follower.catch_up(0.5)
