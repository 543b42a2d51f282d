"""Answers kept by the key a client gave, so that a request sent twice is carried out once."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from controller.clock import Clock
from controller.people.schema import Tables

KEPT_FOR: Final = timedelta(hours=24)
"""As Stripe's API keeps them (its reference, "Idempotent requests")."""


class KeptAnswer(NamedTuple):
    """What was answered, and to which request."""

    request: str
    status: int
    body: str


class Answers:
    """Kept for a day."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    def find(self, name: str, key: str) -> KeptAnswer | None:
        """Return what a person's request with this key was answered, or None."""
        since = (self._clock.now() - KEPT_FOR).isoformat()
        rows = self._tables.rows(
            "SELECT request, status, body FROM answers WHERE name = ? AND key = ? AND at > ?",
            name,
            key,
            since,
        )
        return None if not rows else KeptAnswer(rows[0][0], int(rows[0][1]), rows[0][2])

    def keep(self, name: str, key: str, answer: KeptAnswer) -> None:
        """Keep an answer."""
        now = self._clock.now()
        with self._tables.transaction() as connection:
            connection.execute("DELETE FROM answers WHERE at < ?", ((now - KEPT_FOR).isoformat(),))
            row = (key, name, *answer, now.isoformat())
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row)
