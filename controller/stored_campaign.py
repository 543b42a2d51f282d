"""Find a campaign in a home by its name or its file, and read its state without disturbing it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from controller.campaign_file import load_campaign
from controller.fold import fold
from controller.home import Home, existing_home
from controller.journal import JournalReader
from controller.state import State
from experiments.errors import Invalid


@dataclass(frozen=True)
class StoredCampaign:
    """A campaign as the journal has it."""

    home: Home
    state: State
    """As it is now: running only while a control works on it."""


def read_campaign(home_path: Path, asked: str | None) -> StoredCampaign:
    """Return the campaign asked for: its name, its file, or None for a home's only one.

    Raises ``Invalid`` where the home does not hold it.
    """
    home = existing_home(home_path)
    with JournalReader(home.journal) as journal:
        name = _name(asked, journal.campaigns(), home)
        state = fold(journal.read(name))
        epoch = journal.latest_epoch()
    assert state is not None
    is_running = is_worked_on(home, state, epoch)
    return StoredCampaign(home, state if is_running else without_control(state))


def find_campaign(home_path: Path, asked: str | None) -> tuple[Home, str]:
    """Return the home and the name of the campaign asked for, reading none of its events.

    Raises as ``read_campaign`` does.
    """
    home = existing_home(home_path)
    with JournalReader(home.journal, is_checked_later=True) as journal:
        return home, _name(asked, journal.campaigns(), home)


def is_worked_on(home: Home, state: State, latest_epoch: int) -> bool:
    """Say whether a control process works on this campaign now."""
    return home.holder() is not None and state.sessions[-1].epoch == latest_epoch


def without_control(state: State) -> State:
    """Return the state as it is when no control works on it: nothing is running then.

    A control that was killed could not write that it stopped.
    """
    if state.phase != "running":
        return state
    return replace(state, phase="interrupted", reason="control ended without notice")


def _name(asked: str | None, known: tuple[str, ...], home: Home) -> str:
    listed = ", ".join(known) or "none"
    if asked is None:
        if len(known) != 1:
            raise Invalid(f"name a campaign; {home.path} holds: {listed}")
        return known[0]
    if asked in known:
        return asked
    name = load_campaign(asked).campaign.name if Path(asked).is_file() else asked
    if name not in known:
        raise Invalid(f"{home.path} holds no campaign {name!r}; it holds: {listed}")
    return name
