"""The register of people in a home: accounts, roles, tokens and sessions behind one door."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from controller.clock import Clock
from controller.people.accounts import Accounts
from controller.people.answers import Answers
from controller.people.password import RECOMMENDED, Cost
from controller.people.person import Person
from controller.people.schema import Tables
from controller.people.sessions import Sessions
from controller.people.tokens import Tokens
from experiments.errors import Invalid

FILE: Final = "people.db"
_CAMPAIGN: Final = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class People:
    """Everything known of people; each part has its own methods."""

    def __init__(self, path: Path, clock: Clock, *, cost: Cost = RECOMMENDED) -> None:
        """Open the file, or make it, readable by its owner alone."""
        self._tables = Tables(path)
        self.accounts: Final = Accounts(self._tables, clock, cost)
        self.tokens: Final = Tokens(self._tables, clock, self.accounts)
        self.sessions: Final = Sessions(self._tables, clock, self.accounts, cost)
        self.answers: Final = Answers(self._tables, clock)

    def authenticate_token(self, text: str) -> Person:
        """Return whom a token belongs to. Raises ``NotSignedIn``: unknown, expired, revoked."""
        return self.tokens.authenticate(text)

    def close(self) -> None:
        """Close the file."""
        self._tables.close()


def open_people(home: Path, clock: Clock) -> People:
    """Return the people of a home. Raises ``Invalid`` where there is no such folder."""
    if not home.is_dir():
        raise Invalid(f"{home}: no such folder; start a campaign there, or name it with --home DIR")
    return People(home / FILE, clock)


def checked_campaign(name: str) -> str:
    """Return a campaign's name for a role, ``*`` for all. Raises ``Invalid``."""
    if not _CAMPAIGN.fullmatch(name):
        raise Invalid(f"{name!r} is no campaign's name; give one, or * for all")
    return name
