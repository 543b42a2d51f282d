"""The control room's pages that show something; none of them changes anything."""

from __future__ import annotations

import contextlib
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from controller.people import Action, may
from controller.people.person import ALL
from controller.report.attachments import first_volume
from controller.report.picture import Portrait, Volume, portraits
from controller.web.api import observation_of, person_of, traced
from controller.web.figures import campaign_figures, figure_csv, material_of
from controller.web.moments import Moments
from controller.web.observation_figures import observation_figures
from controller.web.problem import HttpProblem
from controller.web.render import page
from controller.web.service import Service, service_of
from controller.web.view import campaign_view, design_rows, log_lines, metric_rows, values_words
from experiments.observation import Observation

REPORT_CSP: Final = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline' "
    "'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)
"""A report is one file with its own script: it runs in an origin of its own, without cookies, and
can reach nothing."""


async def home(request: Request) -> Response:
    """Show the campaigns."""
    service = service_of(request)
    names = list(service.seen_by(person_of(request)))
    views = [await run_in_threadpool(campaign_view, service, name) for name in names]
    started = service.runs.started() if may(person_of(request), ALL, Action.operate) else {}
    unseen = [(name, words) for name, words in started.items() if name not in names]
    return page(request, "campaigns.html", views=views, unseen=unseen)


async def waiting(request: Request) -> Response:
    """Show what needs you."""
    return page(request, "needs_you.html")


async def campaign_page(request: Request, campaign: str) -> Response:
    """Show one campaign."""
    service = service_of(request)
    figures = await run_in_threadpool(campaign_figures, service, campaign)
    view = await run_in_threadpool(campaign_view, service, campaign)
    report = service.home.reports / f"{campaign}.html"
    return page(
        request,
        "campaign.html",
        view=view,
        log=log_lines(service, campaign),
        figures=list(figures.values()),
        has_report=report.is_file(),
    )


async def campaign_moment(request: Request, campaign: str) -> Response:
    """Show the part of a campaign's page that changes while it runs."""
    service = service_of(request)
    moments: Moments = request.app.state.moments
    return HTMLResponse(await run_in_threadpool(moments.text, service, campaign))


async def observation_page(request: Request, campaign: str, job: str) -> Response:
    """Show one observation from its design to its discharge curve."""
    service = service_of(request)
    found = observation_of(service, campaign, job)
    state = service.campaign(campaign).state
    figures = await run_in_threadpool(observation_figures, service, campaign, found)
    pictures = await run_in_threadpool(observation_portraits, service, campaign, found)
    return page(
        request,
        "observation.html",
        campaign=campaign,
        observation=found,
        values="" if found.is_failed else values_words(state, found),
        design=design_rows(found),
        metrics=metric_rows(state, found),
        figures=list(figures.values()),
        portraits=pictures,
        candidate=state.dispatches[job].candidate if job in state.dispatches else None,
    )


async def observation_figure_data(request: Request, campaign: str, job: str, name: str) -> Response:
    """Give the data behind a plot of an observation."""
    from controller.web.api import download

    service = service_of(request)
    found = observation_of(service, campaign, job)
    figures = await run_in_threadpool(observation_figures, service, campaign, found)
    if name not in figures:
        raise HttpProblem("there is no such figure", status=404)
    return download(figure_csv(figures[name]), f"{campaign}-{name}.csv", "text/csv")


async def observation_trace_part(request: Request, campaign: str, job: str) -> Response:
    """Show where an observation came from."""
    observation_of(service_of(request), campaign, job)
    found = await run_in_threadpool(traced, service_of(request), campaign, job)
    return page(request, "trace.html", trace=found)


async def report(request: Request, campaign: str) -> Response:
    """Send the campaign's report, shut in."""
    service = service_of(request)
    service.campaign(campaign)
    path = service.home.reports / f"{campaign}.html"
    if not path.is_file():
        raise HttpProblem("no report was written yet; cellwright report writes one", status=404)
    headers = {"Content-Security-Policy": REPORT_CSP}
    return FileResponse(path, media_type="text/html", headers=headers)


def observation_portraits(
    service: Service, campaign: str, observation: Observation
) -> list[Portrait]:
    """Return the pictures of its first volume, where the voxels are kept."""
    with contextlib.suppress(ValueError):
        found = first_volume(observation, material_of(service, campaign).read)
        if found is not None:
            return portraits([Volume("this design", found[0], found[1][0])])
    return []
