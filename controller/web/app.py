"""The application: every route with what it needs, behind one door."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from controller.people import Action
from controller.web import api, approval, deputising, editing, forms, orders, pages, proposals
from controller.web.described import described
from controller.web.guard import Guard
from controller.web.moments import Moments
from controller.web.needs import Needs, Public, refuse_undeclared
from controller.web.problem import headers_of, problem, status_of
from controller.web.render import page
from controller.web.service import Service
from controller.web.static_files import static
from controller.web.stream import stream
from experiments.errors import CellwrightError, NotSignedIn

PUBLIC: Final = Public()
SIGNED_IN: Final = Needs(None, of="home")
VIEW: Final = Needs(Action.view)
WATCH: Final = Needs(Action.view, is_polled=True)
OPERATE: Final = Needs(Action.operate)
DECIDE: Final = Needs(Action.decide)
EDIT: Final = Needs(Action.edit)
SETTLE: Final = Needs(Action.settle)
DEPUTISE: Final = Needs(Action.deputise)
AUDIT: Final = Needs(Action.audit)
START: Final = Needs(Action.operate, of="home")
V1: Final = "/api/v1"
_C: Final = "/campaigns/{campaign}"

Route = tuple[str, str, Needs, Callable[..., Any]]
API: Final[tuple[Route, ...]] = (
    ("GET", "/health", PUBLIC, api.health),
    ("GET", "/me", SIGNED_IN, api.me),
    ("GET", "/campaigns", SIGNED_IN, api.campaigns),
    ("POST", "/campaigns", START, orders.start_campaign),
    ("POST", "/campaigns/check", START, orders.check_campaign),
    ("GET", _C, VIEW, api.campaign_status),
    ("POST", f"{_C}/orders", OPERATE, orders.give_order),
    ("GET", f"{_C}/observations", VIEW, api.observations),
    ("GET", f"{_C}/observations/{{job}}", VIEW, api.observation),
    ("GET", f"{_C}/observations/{{job}}/trace", VIEW, api.observation_trace),
    ("GET", f"{_C}/observations/{{job}}/artifacts/{{name}}", VIEW, api.artifact),
    ("GET", f"{_C}/events", VIEW, api.events),
    ("GET", f"{_C}/stream", WATCH, stream),
    ("GET", f"{_C}/figures/{{name}}", VIEW, api.figure),
    ("GET", f"{_C}/figures/{{name}}/data", VIEW, api.figure_data),
    ("GET", f"{_C}/dataset", VIEW, api.dataset),
    ("GET", f"{_C}/proposals", VIEW, proposals.proposals),
    ("GET", f"{_C}/proposals/{{proposal}}", VIEW, proposals.proposal),
    ("POST", f"{_C}/proposals/{{proposal}}/decision", DECIDE, proposals.decide),
    ("POST", f"{_C}/proposals/{{proposal}}/edit", EDIT, editing.api_edit),
    ("POST", f"{_C}/proposals/{{proposal}}/trial", EDIT, editing.api_trial),
    ("POST", f"{_C}/proposals/{{proposal}}/withdrawal", DECIDE, proposals.withdraw),
    ("GET", f"{_C}/builds", VIEW, proposals.builds),
    ("POST", f"{_C}/builds/{{build}}/settlement", SETTLE, proposals.settle),
    ("GET", f"{_C}/deputies", VIEW, deputising.deputies),
    ("POST", f"{_C}/deputies", DEPUTISE, deputising.api_deputise),
    ("GET", f"{_C}/audit", AUDIT, proposals.audit),
)
PAGES: Final[tuple[Route, ...]] = (
    ("GET", "/static/{name}", PUBLIC, static),
    ("GET", "/sign-in", PUBLIC, forms.sign_in_page),
    ("POST", "/sign-in", PUBLIC, forms.sign_in),
    ("POST", "/sign-out", SIGNED_IN, forms.sign_out),
    ("GET", "/", SIGNED_IN, pages.home),
    ("GET", "/needs-you", SIGNED_IN, pages.waiting),
    ("GET", "/new", START, forms.new_page),
    ("POST", "/new", START, forms.new),
    ("GET", _C, VIEW, pages.campaign_page),
    ("GET", f"{_C}/moment", WATCH, pages.campaign_moment),
    ("POST", f"{_C}/orders", OPERATE, forms.order),
    ("GET", f"{_C}/report", VIEW, pages.report),
    ("GET", f"{_C}/proposals/{{proposal}}", VIEW, approval.proposal_page),
    ("POST", f"{_C}/proposals/{{proposal}}/decision", DECIDE, approval.decide),
    ("POST", f"{_C}/proposals/{{proposal}}/edit", EDIT, editing.edit),
    ("POST", f"{_C}/proposals/{{proposal}}/trial", EDIT, editing.trial),
    ("POST", f"{_C}/proposals/{{proposal}}/withdrawal", DECIDE, approval.withdraw),
    ("GET", f"{_C}/builds", VIEW, approval.builds_page),
    ("POST", f"{_C}/builds/{{build}}/settlement", SETTLE, approval.settle),
    ("POST", f"{_C}/deputies", DEPUTISE, deputising.deputise),
    ("GET", f"{_C}/audit", AUDIT, approval.audit_page),
    ("GET", f"{_C}/observations/{{job}}", VIEW, pages.observation_page),
    ("GET", f"{_C}/observations/{{job}}/trace", VIEW, pages.observation_trace_part),
    (
        "GET",
        f"{_C}/observations/{{job}}/figures/{{name}}/data",
        VIEW,
        pages.observation_figure_data,
    ),
)


def create_app(service: Service) -> FastAPI:
    """Return the application. Raises ``InternalError`` where a route does not say what it needs."""
    app = FastAPI(
        title="Cellwright",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.service = service
    app.state.moments = Moments()
    for method, path, needs, endpoint in API:
        _add(app, method, V1 + path, needs, endpoint, is_api=True)
    _add(app, "GET", f"{V1}/openapi.json", PUBLIC, _openapi, is_api=True)
    for method, path, needs, endpoint in PAGES:
        _add(app, method, path, needs, endpoint, is_api=False)
    refuse_undeclared(app.routes)
    app.add_exception_handler(CellwrightError, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    app.add_exception_handler(HTTPException, _refused)
    app.add_middleware(Guard, address=service.address)
    return app


def _add(
    app: FastAPI,
    method: str,
    path: str,
    needs: Needs,
    endpoint: Callable[..., Any],
    *,
    is_api: bool,
) -> None:
    more: dict[str, Any] = {"response_model": None} if not is_api else {}
    app.add_api_route(
        path,
        endpoint,
        methods=[method],
        dependencies=[Depends(needs)],
        include_in_schema=is_api,
        openapi_extra={"x-needs": needs.words, **described(endpoint)},
        **more,
    )


async def _openapi(request: Request) -> dict[str, Any]:
    """Describe the interface."""
    described: dict[str, Any] = request.app.openapi()
    return described


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    service.hub.begin()
    try:
        yield
    finally:
        service.hub.end()


async def _refused(request: Request, error: Exception) -> Response:
    """Answer an error: a document to programs, a page to people."""
    status, words, headers = _told(error)
    if request.url.path.startswith("/api/"):
        return problem(status, words, headers)
    if isinstance(error, NotSignedIn) and request.method == "GET":
        return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", 303)
    title = HTTPStatus(status).phrase
    return page(request, "error.html", status=status, title=title, words=words)


def _told(error: Exception) -> tuple[int, str, dict[str, str]]:
    if isinstance(error, CellwrightError):
        return status_of(error), error.message, headers_of(error)
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return 422, f"{place}: {first['msg']}", {}
    assert isinstance(error, HTTPException)
    return error.status_code, str(error.detail), dict(error.headers or {})
