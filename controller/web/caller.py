"""Who sent a request: nobody, a person with a session, or the owner of a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from controller.people import People, Person
from controller.people.sessions import LONGEST, csrf_token, is_csrf_token
from controller.web.address import Address
from experiments.errors import NotAllowed, NotSignedIn


@dataclass(frozen=True)
class Caller:
    """Who asks, as far as the request proves it."""

    person: Person | None = None
    session: str | None = None
    """The secret of their session, where a cookie brought it; a token's owner has none."""
    refusal: str = "sign in first"
    """Why the person is not known."""

    @property
    def csrf(self) -> str:
        """Return what the forms of this session carry."""
        return "" if self.session is None else csrf_token(self.session)


def cookie_name(address: Address) -> str:
    """Return the session cookie's name.

    The prefix makes browsers refuse a cookie that is not Secure, has a Domain, or was set by
    another path (RFC 6265bis, 4.1.3.2). Over HTTP on the loopback address it cannot be had.
    """
    return "__Host-cellwright" if address.is_secure else "cellwright"


def identify(request: Request, people: People, address: Address, *, is_use: bool = True) -> Caller:
    """Return who sent a request; a token counts before a cookie.

    Without ``is_use`` the session's idle time goes on: a page asked, and nobody touched it.
    """
    authorization = request.headers.get("authorization")
    try:
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer":
                return Caller(refusal="allowed: Authorization: Bearer TOKEN")
            return Caller(people.authenticate_token(token))
        secret = request.cookies.get(cookie_name(address))
        if secret:
            return Caller(people.sessions.authenticate(secret, is_use=is_use), secret)
    except NotSignedIn as error:
        return Caller(refusal=error.message)
    return Caller()


def require_own_form(request: Request, caller: Caller, address: Address, found: str) -> None:
    """Refuse a change that a session's own page did not ask for.

    A token's owner needs no form: no browser sends a token by itself. Raises ``NotAllowed``.
    """
    if caller.session is None:
        return
    if request.headers.get("origin", "").lower() not in address.origins:
        raise NotAllowed("the request does not say that it comes from this site")
    if not is_csrf_token(caller.session, found):
        raise NotAllowed("the form is not of this session; load the page again")


def begin_session(response: Response, address: Address, secret: str) -> None:
    """Give the browser a session's cookie."""
    response.set_cookie(
        cookie_name(address),
        secret,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=address.is_secure,
        httponly=True,
        samesite="lax",
    )


def end_session(response: Response, address: Address) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        cookie_name(address), path="/", secure=address.is_secure, httponly=True, samesite="lax"
    )


CSRF_HEADER: Final = "x-csrf-token"
