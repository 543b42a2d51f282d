"""Pages from templates: autoescaped, with what every page shows."""

from __future__ import annotations

from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from controller.label import design_words
from controller.needs_you import Waiting, needs_you
from controller.people import Action, Person, may
from controller.people.person import ALL
from controller.quantity import unbroken
from controller.web.needs import caller_of
from controller.web.service import Service, service_of
from controller.web.static_files import static_url

_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("controller.web", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["unbroken"] = unbroken
_ENVIRONMENT.globals |= {"static_url": static_url, "design_words": design_words}


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page, or a part of one."""
    service, caller = service_of(request), caller_of(request)
    person = caller.person

    def allowed(action: str, campaign: str = ALL) -> bool:
        return may(person, campaign, Action(action))

    text = _ENVIRONMENT.get_template(template).render(
        person=person,
        csrf=caller.csrf,
        may=allowed,
        needs_you=waiting_for(service, person),
        path=request.url.path,
        fault=service.follower.fault if person else None,
        reading=service.reading_words if person else None,
        **values,
    )
    return HTMLResponse(text, status)


def written(template: str, **values: Any) -> str:
    """Return a part of a page that is the same for everybody."""
    return _ENVIRONMENT.get_template(template).render(**values)


def waiting_for(service: Service, person: Person | None) -> tuple[Waiting, ...]:
    """Return what waits for somebody, over all campaigns they may see."""
    if person is None:
        return ()
    states = [one.state for one in service.seen_by(person).values()]
    return needs_you(states, person, service.clock.now())
