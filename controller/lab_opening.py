"""Open the instrument a campaign builds at, by the administrator's file and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from controller.clock import Clock
from controller.home import Home
from controller.lab import Lab
from controller.lab_link import LabLink, NotNow
from controller.people.permission import Action, may
from controller.people.person import Method
from controller.people.register import open_people
from controller.proposals import BuildRecord
from controller.state import State
from experiments.campaign import Campaign
from experiments.capabilities import Capabilities
from experiments.errors import Invalid
from instruments.administration import InstrumentEntry, instruments_file, read_instruments
from instruments.opening import open_instrument
from instruments.secret_file import read_secret


def require_instrument(campaign: Campaign, home: Path) -> InstrumentEntry | None:
    """Return the entry of a campaign's instrument; None where nothing is built.

    Raises ``Invalid`` where the administrator's file has no such instrument, or the campaign's
    policy approves builds and the file does not say that the instrument is simulated.
    """
    level = campaign.build_level
    if level is None:
        return None
    path = instruments_file(home, os.environ)
    entries = {entry.name: entry for entry in read_instruments(path)}
    entry = entries.get(level.instrument)
    if entry is None:
        listed = ", ".join(entries) or "none"
        raise Invalid(
            f"fidelities: {level.name}: {path} has no instrument {level.instrument!r}; "
            f"it has: {listed}"
        )
    if campaign.approval.policy == "approve_simulated" and not entry.simulated:
        raise Invalid(
            f"approval.policy: approve_simulated needs a simulated instrument, and {path} does "
            f"not say that {entry.name} is one"
        )
    return entry


def open_lab(
    home: Home, campaign: Campaign, clock: Clock, log: Callable[[str], None]
) -> Lab | None:
    """Return the lab of a campaign; None where nothing is built. Raises ``Invalid``."""
    entry = require_instrument(campaign, home.path)
    if entry is None:
        return None
    link = _PeoplesLink(
        open_instrument(entry, home.path),
        read_secret(entry.secret_file),
        mapping=entry.mapping,
        may_still=lambda person, name: _may_still(home, clock, person, name),
        is_revoked=lambda token_id: _is_revoked(home, clock, token_id),
    )
    return Lab(link, clock, log=log)


@dataclass
class _PeoplesLink(LabLink):
    """A link that last of all asks whether the token an approval was given with still counts."""

    is_revoked: Callable[[str], bool] = field(kw_only=True)

    def refusal(
        self, build: BuildRecord, state: State, capabilities: Capabilities
    ) -> NotNow | None:
        """Return why an approved build is not sent after all."""
        found = super().refusal(build, state, capabilities)
        record = state.proposals[build.payload.decision.proposal_id]
        for step in (record.first_approval, record.last):
            by = None if step is None else step.by
            if found is None and by is not None and by.token_id and self.is_revoked(by.token_id):
                found = NotNow(f"token {by.token_id}, which {by.person} approved with, was revoked")
        return found


def _is_revoked(home: Home, clock: Clock, token_id: str) -> bool:
    people = open_people(home.path, clock)
    try:
        return people.tokens.is_revoked(token_id)
    finally:
        people.close()


def _may_still(home: Home, clock: Clock, name: str, campaign: str) -> bool:
    """Say whether somebody has not lost the right to decide since they did."""
    people = open_people(home.path, clock)
    try:
        person = people.accounts.person(name, Method.token)
    except Invalid:
        return False
    finally:
        people.close()
    return may(person, campaign, Action.decide)
