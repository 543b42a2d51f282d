"""Tokens: what a command or a program shows to say whose it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from controller.clock import Clock
from controller.people.accounts import Accounts
from controller.people.person import Method, Person
from controller.people.schema import Tables
from controller.people.secret import (
    SERVICE,
    NewToken,
    TokenRecord,
    digest,
    is_same,
    new_id,
    new_secret,
    token_parts,
    token_text,
)
from experiments.errors import Invalid, NotSignedIn

MAX_DAYS: Final = 366
"""A token that is forgotten dies of itself; the length is *assumed*."""
_COLUMNS: Final = "id, name, label, made_at, expires_at, revoked_at, used_at"


class Tokens:
    """The tokens of all accounts."""

    def __init__(self, tables: Tables, clock: Clock, accounts: Accounts) -> None:
        self._tables = tables
        self._clock = clock
        self._accounts = accounts

    def make(self, name: str, *, days: int, by: str, label: str = "") -> NewToken:
        """Make a token and return it at the only moment it can be read. Raises ``Invalid``."""
        owner = self._accounts.person(name)
        if not 1 <= days <= MAX_DAYS:
            raise Invalid(f"a token lasts 1 to {MAX_DAYS} days; found {days}")
        if len(label) > 100 or not label.isprintable():
            raise Invalid("a token's label is one line of at most 100 characters")
        token_id, secret, now = new_id(), new_secret(), self._clock.now()
        expires = now + timedelta(days=days)
        with self._tables.transaction() as connection:
            connection.execute(
                "INSERT INTO tokens (id, name, digest, label, made_at, expires_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (token_id, name, digest(secret), label, now.isoformat(), expires.isoformat()),
            )
            self._accounts.note(connection, by, f"made token {token_id} of {name}")
        text = token_text(is_service=owner.is_service, token_id=token_id, secret=secret)
        return NewToken(self._record(token_id), text)

    def revoke(self, token_id: str, *, by: str) -> TokenRecord:
        """Make a token worthless from now on. Raises ``Invalid`` where there is none."""
        found = self._record(token_id)
        with self._tables.transaction() as connection:
            row = (self._clock.now().isoformat(), token_id)
            connection.execute(
                "UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", row
            )
            self._accounts.note(connection, by, f"revoked token {token_id} of {found.owner}")
        return self._record(token_id)

    def is_revoked(self, token_id: str) -> bool:
        """Say whether a token was made worthless, or is not known here at all."""
        rows = self._tables.rows("SELECT revoked_at FROM tokens WHERE id = ?", token_id)
        return not rows or rows[0][0] is not None

    def of(self, name: str) -> tuple[TokenRecord, ...]:
        """Return an account's tokens, oldest first."""
        rows = self._tables.rows(
            f"SELECT {_COLUMNS} FROM tokens WHERE name = ? ORDER BY made_at, id",  # noqa: S608
            name,
        )
        return tuple(_as_record(row) for row in rows)

    def authenticate(self, text: str) -> Person:
        """Return whom a token belongs to. Raises ``NotSignedIn``: unknown, expired, revoked."""
        parts = token_parts(text)
        rows = (
            self._tables.rows("SELECT digest FROM tokens WHERE id = ?", parts.id) if parts else []
        )
        if parts is None or not rows or not is_same(parts.secret, rows[0][0]):
            raise NotSignedIn("this token is not known here; cellwright users token makes one")
        record, now = self._record(parts.id), self._clock.now()
        if record.revoked_at is not None:
            raise NotSignedIn(f"token {record.id} was revoked; make another")
        if record.expires_at <= now:
            raise NotSignedIn(f"token {record.id} expired on {record.expires_at:%Y-%m-%d}")
        owner = self._accounts.person(record.owner)
        if owner.is_disabled or owner.is_service != (parts.prefix == SERVICE):
            raise NotSignedIn(f"the account of token {record.id} is disabled")
        self._used(record, now)
        method = Method.service if owner.is_service else Method.token
        return owner.model_copy(update={"method": method, "token_id": record.id})

    def _used(self, record: TokenRecord, now: datetime) -> None:
        """Keep when it was used, to the hour: a write at every request would be one too many."""
        if record.used_at is None or now - record.used_at > timedelta(hours=1):
            with self._tables.transaction() as connection:
                row = (now.isoformat(), record.id)
                connection.execute("UPDATE tokens SET used_at = ? WHERE id = ?", row)

    def _record(self, token_id: str) -> TokenRecord:
        rows = self._tables.rows(f"SELECT {_COLUMNS} FROM tokens WHERE id = ?", token_id)  # noqa: S608
        if not rows:
            raise Invalid(f"there is no token {token_id!r}; cellwright users list shows them")
        return _as_record(rows[0])


def _as_record(row: tuple[str, ...]) -> TokenRecord:
    token_id, owner, label, made_at, expires_at, revoked_at, used_at = row
    return TokenRecord(
        id=token_id,
        owner=owner,
        label=label,
        made_at=datetime.fromisoformat(made_at),
        expires_at=datetime.fromisoformat(expires_at),
        revoked_at=datetime.fromisoformat(revoked_at) if revoked_at else None,
        used_at=datetime.fromisoformat(used_at) if used_at else None,
    )
