"""Accounts and their roles; every change is kept with who made it."""

from __future__ import annotations

import re
import sqlite3
from typing import Final, NamedTuple

from controller.clock import Clock
from controller.people.password import Cost, checked_password, hash_password
from controller.people.person import Method, Person, Role
from controller.people.schema import Tables
from experiments.errors import Invalid

ACCOUNT_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,39}")

RESERVED: Final = frozenset({"policy"})
"""What the journal names where nobody decided: ``controller.decisions.POLICY``."""


class Change(NamedTuple):
    """What somebody changed about people."""

    at: str
    by: str
    words: str


class Accounts:
    """Who there is."""

    def __init__(self, tables: Tables, clock: Clock, cost: Cost) -> None:
        self._tables = tables
        self._clock = clock
        self._cost = cost

    def add(self, name: str, *, by: str, is_service: bool = False) -> Person:
        """Add an account without roles, password or token. Raises ``Invalid``."""
        if not ACCOUNT_NAME.fullmatch(name):
            raise Invalid(
                f"{name!r} is no name for an account: a letter, then up to 39 of a-z 0-9 . _ -"
            )
        if name in RESERVED:
            raise Invalid(f"{name!r} is nobody's name: the journal says it of no person")
        with self._tables.transaction() as connection:
            if connection.execute("SELECT 1 FROM people WHERE name = ?", (name,)).fetchone():
                raise Invalid(f"there is a {name!r} already")
            row = (name, int(is_service))
            connection.execute("INSERT INTO people (name, is_service) VALUES (?, ?)", row)
            self.note(connection, by, f"added {'service' if is_service else 'person'} {name}")
        return self.person(name)

    def set_password(self, name: str, password: str, *, by: str) -> None:
        """Give a person a password and end their sessions. Raises ``Invalid``."""
        if self.person(name).is_service:
            raise Invalid(f"{name} is a service: it has tokens and no password")
        kept = hash_password(checked_password(password), self._cost)
        with self._tables.transaction() as connection:
            connection.execute("UPDATE people SET password = ? WHERE name = ?", (kept, name))
            connection.execute("DELETE FROM sessions WHERE name = ?", (name,))
            self.note(connection, by, f"set the password of {name}")

    def give_role(self, name: str, role: Role, campaign: str, *, by: str) -> None:
        """Make somebody something to a campaign, ``*`` for all. Raises ``Invalid``."""
        person = self.person(name)
        if person.is_service and role in (Role.approver, Role.admin):
            raise Invalid(f"{name} is a service and can never be {role.value}; add a person")
        with self._tables.transaction() as connection:
            row = (name, campaign, role.value)
            connection.execute("INSERT OR IGNORE INTO roles VALUES (?, ?, ?)", row)
            self.note(connection, by, f"made {name} {role.value} of {campaign}")

    def take_role(self, name: str, role: Role, campaign: str, *, by: str) -> None:
        """Take a role away. Raises ``Invalid`` where it was not held."""
        self.person(name)
        with self._tables.transaction() as connection:
            row = (name, campaign, role.value)
            done = connection.execute(
                "DELETE FROM roles WHERE name = ? AND campaign = ? AND role = ?", row
            )
            if not done.rowcount:
                raise Invalid(f"{name} is not {role.value} of {campaign}")
            self.note(connection, by, f"{name} is no longer {role.value} of {campaign}")

    def disable(self, name: str, *, by: str) -> None:
        """Let an account do nothing any more; what it did stays. Raises ``Invalid``."""
        self._set_disabled(name, by, is_disabled=True)

    def enable(self, name: str, *, by: str) -> None:
        """Let a disabled account sign in again. Raises ``Invalid``."""
        self._set_disabled(name, by, is_disabled=False)

    def person(self, name: str, method: Method | None = None) -> Person:
        """Return an account. Raises ``Invalid``."""
        found = self._tables.rows("SELECT is_service, is_disabled FROM people WHERE name = ?", name)
        if not found:
            raise Invalid(f"there is nobody called {name!r}; cellwright users list shows everyone")
        roles: dict[str, set[Role]] = {}
        for campaign, role in self._tables.rows(
            "SELECT campaign, role FROM roles WHERE name = ? ORDER BY campaign, role", name
        ):
            roles.setdefault(campaign, set()).add(Role(role))
        (is_service, is_disabled) = found[0]
        return Person(
            name=name,
            is_service=bool(is_service),
            is_disabled=bool(is_disabled),
            roles={campaign: frozenset(held) for campaign, held in roles.items()},
            method=method,
        )

    def everyone(self) -> tuple[Person, ...]:
        """Return all accounts by name."""
        names = self._tables.rows("SELECT name FROM people ORDER BY name")
        return tuple(self.person(name) for (name,) in names)

    def changes(self) -> tuple[Change, ...]:
        """Return what was ever changed, oldest first."""
        rows = self._tables.rows("SELECT at, by, words FROM changes ORDER BY number")
        return tuple(Change(*row) for row in rows)

    def note(self, connection: sqlite3.Connection, by: str, words: str) -> None:
        """Keep a change within the transaction that makes it."""
        row = (self._clock.now().isoformat(), by, words)
        connection.execute("INSERT INTO changes (at, by, words) VALUES (?, ?, ?)", row)

    def _set_disabled(self, name: str, by: str, *, is_disabled: bool) -> None:
        self.person(name)
        with self._tables.transaction() as connection:
            row = (int(is_disabled), name)
            connection.execute("UPDATE people SET is_disabled = ? WHERE name = ?", row)
            if is_disabled:
                connection.execute("DELETE FROM sessions WHERE name = ?", (name,))
            self.note(connection, by, f"{'disabled' if is_disabled else 'enabled'} {name}")
