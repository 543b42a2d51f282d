"""The API's routes that show campaigns: JSON, versioned, every list in pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from controller.event_words import event_words
from controller.events import Recorded
from controller.journal import JournalReader
from controller.observation_stream import csv_pieces
from controller.people.person import Person
from controller.status_document import StatusDocument, status_document
from controller.trace import Trace, find_job, read_trace
from controller.web.figures import campaign_figures, figure_csv, figure_document
from controller.web.needs import caller_of
from controller.web.problem import HttpProblem
from controller.web.service import Service, service_of
from experiments.errors import NotSignedIn
from experiments.observation import Artifact, Observation

MOST_ITEMS: Final = 500
After = Annotated[int, Query(ge=0, le=2**53)]
Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS)]


async def health(request: Request) -> dict[str, Any]:
    """Say that the service lives, and whether it can read its journal."""
    return {"status": "ok" if service_of(request).follower.fault is None else "journal unreadable"}


async def me(request: Request) -> dict[str, Any]:
    """Say who is signed in, and as what."""
    person = person_of(request)
    return {
        "name": person.name,
        "is_service": person.is_service,
        "method": person.method,
        "roles": {campaign: sorted(held) for campaign, held in person.roles.items()},
    }


async def campaigns(request: Request, after: After = 0, limit: Limit = 50) -> dict[str, Any]:
    """List the campaigns one may see, the latest first."""
    found = list(service_of(request).seen_by(person_of(request)).values())
    items = [
        {
            "name": one.state.campaign.name,
            "state": one.state.phase,
            "position": one.state.position,
            "started_at": one.state.started_at,
            "observations": len(one.state.observations),
        }
        for one in found[after : after + limit]
    ]
    return page_of(items, after, limit, len(found))


async def campaign_status(request: Request, campaign: str) -> StatusDocument:
    """Show a campaign as ``cellwright status --json`` does."""
    state = service_of(request).campaign(campaign).state
    return await run_in_threadpool(status_document, state)


async def observations(
    request: Request, campaign: str, after: After = 0, limit: Limit = 50
) -> Response:
    """List a campaign's observations in the order they came."""
    found = service_of(request).campaign(campaign).state.observations

    def made() -> dict[str, Any]:
        ids = islice(found, after, after + limit)
        items = [found[job_id].model_dump(mode="json") for job_id in ids]
        return page_of(items, after, limit, len(found))

    return await document(made)


async def observation(request: Request, campaign: str, job: str) -> Observation:
    """Show one observation."""
    return observation_of(service_of(request), campaign, job)


async def observation_trace(request: Request, campaign: str, job: str) -> Trace:
    """Show where an observation came from."""
    return await run_in_threadpool(traced, service_of(request), campaign, job)


async def events(request: Request, campaign: str, after: After = 0, limit: Limit = 50) -> Response:
    """List a campaign's events past a journal position."""
    service = service_of(request)

    def made() -> dict[str, Any]:
        found = events_after(service, campaign, after, limit)
        items = [
            {
                "position": one.position,
                "at": one.at,
                "epoch": one.epoch,
                "hash": one.hash,
                "words": event_words(one.event),
                "event": one.event.model_dump(mode="json"),
            }
            for one in found
        ]
        is_all = len(found) < limit
        return {"items": items, "next": None if is_all else found[-1].position}

    service.campaign(campaign)
    return await document(made)


async def figure(request: Request, campaign: str, name: str) -> dict[str, Any]:
    """Give a plot's traces and layout; colours are names of tokens."""
    found = await run_in_threadpool(campaign_figures, service_of(request), campaign)
    if name not in found:
        raise HttpProblem("there is no such figure", status=404)
    return figure_document(found[name])


async def figure_data(request: Request, campaign: str, name: str) -> Response:
    """Give the data behind a plot as CSV."""
    found = await run_in_threadpool(campaign_figures, service_of(request), campaign)
    if name not in found:
        raise HttpProblem("there is no such figure", status=404)
    return download(figure_csv(found[name]), f"{campaign}-{name}.csv", "text/csv")


async def dataset(request: Request, campaign: str) -> Response:
    """Give every observation as one CSV table."""
    state = service_of(request).campaign(campaign).state
    return download(csv_pieces(state), f"{campaign}-observations.csv", "text/csv")


async def artifact(request: Request, campaign: str, job: str, name: str) -> Response:
    """Give a file that an observation's job wrote."""
    service = service_of(request)
    found = observation_of(service, campaign, job).provenance.artifacts.get(name)
    path = None if found is None else _artifact_path(service, found)
    if path is None:
        raise HttpProblem("this file is not kept", status=404)
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=f"{job[:12]}-{path.name[-60:]}",
    )


def observation_of(service: Service, campaign: str, job: str) -> Observation:
    """Return an observation. Raises ``HttpProblem`` where there is none."""
    state = service.campaign(campaign).state
    found = state.observations.get(job) or state.set_aside.get(job)
    if found is None:
        raise HttpProblem("there is no such observation", status=404)
    return found


def traced(service: Service, campaign: str, job: str) -> Trace:
    """Return an observation's trace, read from the journal."""
    state = service.campaign(campaign).state
    job_id = find_job(state, job)
    with JournalReader(service.home.journal, trusted=service.follower.anchor) as journal:
        return read_trace(state, journal, job_id)


def events_after(service: Service, campaign: str, after: int, limit: int) -> tuple[Recorded, ...]:
    """Return a page of events, from memory where it holds them."""
    tail = service.campaign(campaign).tail
    if after >= tail[0].position:
        return tuple(one for one in tail if one.position > after)[:limit]
    found = []
    with JournalReader(service.home.journal, trusted=service.follower.anchor) as journal:
        for one in journal.read(campaign, after=after):
            found.append(one)
            if len(found) == limit:
                break
    return tuple(found)


async def document(made: Callable[[], dict[str, Any]]) -> Response:
    """Return a long document, made and written beside the loop that serves everybody."""

    def written() -> bytes:
        return json.dumps(made(), allow_nan=False).encode()

    return Response(await run_in_threadpool(written), media_type="application/json")


def person_of(request: Request) -> Person:
    """Return who is signed in. Raises ``NotSignedIn``."""
    caller = caller_of(request)
    if caller.person is None:
        raise NotSignedIn(caller.refusal)
    return caller.person


def page_of(items: list[Any], after: int, limit: int, n: int) -> dict[str, Any]:
    """Return a page of a list; ``next`` is what ``after`` must be for the page behind it."""
    return {"items": items, "next": after + limit if after + limit < n else None, "n": n}


def download(pieces: Iterator[str], name: str, media_type: str) -> Response:
    """Return a file to be saved, sent as it is made; ``name`` holds names that were checked."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces, headers=headers, media_type=f"{media_type}; charset=utf-8")


def _artifact_path(service: Service, found: Artifact) -> Path | None:
    """Return where an artifact lies in this home's folder; its address is not believed."""
    folder = service.home.artifacts / "files" / found.sha256[:2]
    name = found.url.rsplit("/", 1)[-1]
    path = folder / name
    inside = path.resolve().is_relative_to(service.home.artifacts.resolve())
    return path if inside and name.startswith(found.sha256) and path.is_file() else None
