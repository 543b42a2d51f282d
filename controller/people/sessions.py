"""Sessions of people who signed in with their password, and how often one may try."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Final

from controller.clock import Clock
from controller.people.accounts import Accounts
from controller.people.password import Cost, is_password, no_password
from controller.people.person import Method, Person
from controller.people.schema import Tables
from controller.people.secret import digest, new_secret
from experiments.errors import NotSignedIn, TooManyAttempts

LONGEST: Final = timedelta(hours=12)
"""A working day; OWASP Session Management Cheat Sheet, "Absolute Timeout", asks for such an end."""
IDLE: Final = timedelta(hours=2)
"""Assumed: a long meeting."""
WINDOW: Final = timedelta(minutes=15)
PER_NAME: Final = 5
PER_ADDRESS: Final = 30
"""Wrong passwords within ``WINDOW``; NIST SP 800-63B-4, 3.2.2 allows 100 in a row at most."""
_SEEN_EVERY: Final = timedelta(minutes=1)


class Sessions:
    """Who is signed in."""

    def __init__(self, tables: Tables, clock: Clock, accounts: Accounts, cost: Cost) -> None:
        self._tables = tables
        self._clock = clock
        self._accounts = accounts
        self._nobody = no_password(cost)

    def sign_in(self, name: str, password: str, *, address: str) -> str:
        """Return the secret of a new session.

        Raises ``NotSignedIn``, in the same words and time whether the name or the password is
        wrong, and ``TooManyAttempts`` before looking at either.
        """
        self._refuse_too_many(name, address)
        rows = self._tables.rows("SELECT password, is_disabled FROM people WHERE name = ?", name)
        kept, is_disabled = rows[0] if rows and rows[0][0] else (self._nobody, 1)
        if not is_password(password, kept) or is_disabled:
            self._failed(name, address)
            raise NotSignedIn("name or password is wrong")
        secret, now = new_secret(), self._clock.now()
        with self._tables.transaction() as connection:
            connection.execute("DELETE FROM attempts WHERE key = ?", (f"name {name}",))
            oldest = (now - LONGEST).isoformat()
            connection.execute("DELETE FROM sessions WHERE began_at < ?", (oldest,))
            row = (digest(secret), name, now.isoformat(), now.isoformat())
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", row)
        return secret

    def authenticate(self, secret: str, *, is_use: bool = True) -> Person:
        """Return who is signed in. Raises ``NotSignedIn`` where the session is over.

        What a page asks for by itself is no use: it does not keep the session from ending.
        """
        now = self._clock.now()
        rows = self._tables.rows(
            "SELECT name, seen_at FROM sessions WHERE digest = ? AND began_at > ? AND seen_at > ?",
            digest(secret),
            (now - LONGEST).isoformat(),
            (now - IDLE).isoformat(),
        )
        if not rows:
            raise NotSignedIn("the session is over; sign in again")
        name, seen_at = rows[0]
        if is_use and seen_at < (now - _SEEN_EVERY).isoformat():
            with self._tables.transaction() as connection:
                row = (now.isoformat(), digest(secret))
                connection.execute("UPDATE sessions SET seen_at = ? WHERE digest = ?", row)
        person = self._accounts.person(name, Method.password)
        if person.is_disabled:
            raise NotSignedIn("the account is disabled")
        return person

    def sign_out(self, secret: str) -> None:
        """End a session; one that is over is left as it is."""
        with self._tables.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (digest(secret),))

    def _refuse_too_many(self, name: str, address: str) -> None:
        since = (self._clock.now() - WINDOW).isoformat()
        for key, most in ((f"name {name}", PER_NAME), (f"address {address}", PER_ADDRESS)):
            rows = self._tables.rows(
                "SELECT at FROM attempts WHERE key = ? AND at > ? ORDER BY at DESC LIMIT ?",
                key,
                since,
                most,
            )
            if len(rows) >= most:
                minutes = int(WINDOW.total_seconds() // 60)
                raise TooManyAttempts(
                    f"too many wrong passwords; try again in {minutes} minutes",
                    after_s=60 * minutes,
                )

    def _failed(self, name: str, address: str) -> None:
        now = self._clock.now()
        with self._tables.transaction() as connection:
            oldest = (now - WINDOW).isoformat()
            connection.execute("DELETE FROM attempts WHERE at < ?", (oldest,))
            for key in (f"name {name[:40]}", f"address {address[:60]}"):
                row = (key, now.isoformat())
                connection.execute("INSERT INTO attempts VALUES (?, ?)", row)


def csrf_token(secret: str) -> str:
    """Return what a session's forms carry: known to its pages, and to nobody without the cookie."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def is_csrf_token(secret: str, found: str) -> bool:
    """Say whether a form came from a page of the session."""
    return hmac.compare_digest(csrf_token(secret).encode(), found.encode("utf-8", "replace"))
