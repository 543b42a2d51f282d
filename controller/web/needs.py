"""What a route needs of whoever calls it; every route says so, or the service does not start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from fastapi.routing import APIRoute
from starlette.requests import Request

from controller.people import Action, may
from controller.people.person import ALL
from controller.web.caller import Caller, identify
from controller.web.service import Service, service_of
from experiments.errors import InternalError, NotAllowed, NotSignedIn

Place = Literal["campaign", "home"]


class Needs:
    """A permission, as a dependency of a route: in the campaign its path names, or everywhere."""

    def __init__(
        self, action: Action | None, *, of: Place = "campaign", is_polled: bool = False
    ) -> None:
        """Ask for an action; None asks only that somebody is signed in.

        ``is_polled``: open pages ask for it by themselves, which keeps no session awake.
        """
        self.action = action
        self.is_polled: Final = is_polled
        self.of: Final = of

    async def __call__(self, request: Request) -> None:
        """Let the request in. Raises ``NotSignedIn`` and ``NotAllowed``."""
        caller = caller_of(request, is_use=not self.is_polled)
        if caller.person is None:
            raise NotSignedIn(caller.refusal)
        if self.action is None:
            return
        campaign = request.path_params["campaign"] if self.of == "campaign" else ALL
        if not may(caller.person, campaign, self.action):
            where = f"campaign {campaign}" if self.of == "campaign" else "this home"
            raise NotAllowed(f"{caller.person.name} may not {self.action.value} in {where}")

    @property
    def words(self) -> str:
        """Return it for the description of the interface."""
        return "signed in" if self.action is None else f"{self.action.value} in the {self.of}"


class Public(Needs):
    """A route for everybody: to sign in, to see that the service lives, and its style."""

    def __init__(self) -> None:
        super().__init__(None, of="home")

    async def __call__(self, request: Request) -> None:
        """Let everybody in."""

    @property
    def words(self) -> str:
        """Return it for the description of the interface."""
        return "public"


def caller_of(request: Request, *, is_use: bool = True) -> Caller:
    """Return who sent the request, found out once; the first to ask says whether it is a use."""
    found = getattr(request.state, "caller", None)
    if found is None:
        service: Service = service_of(request)
        found = identify(request, service.people, service.address, is_use=is_use)
        request.state.caller = found
    caller: Caller = found
    return caller


def needs_of(route: Any) -> Needs | None:
    """Return what a route needs, or None where it does not say."""
    if not isinstance(route, APIRoute):
        return None
    found = [one.call for one in route.dependant.dependencies if isinstance(one.call, Needs)]
    return found[0] if len(found) == 1 else None


def refuse_undeclared(routes: Iterable[Any]) -> None:
    """Raise ``InternalError`` for a route that does not say what it needs, or says it wrongly."""
    for route in routes:
        found = needs_of(route)
        path = getattr(route, "path", repr(route))
        if found is None:
            raise InternalError(f"route {path} does not say what it needs")
        if found.of == "campaign" and "{campaign}" not in path:
            raise InternalError(f"route {path} needs something of a campaign and names none")
        if found.of == "home" and "{campaign}" in path:
            raise InternalError(f"route {path} names a campaign and asks nothing of it")
