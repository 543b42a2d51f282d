"""Find a campaign in a home by its name or its file, and read its state without disturbing it."""

from __future__ import annotations

from dataclasses import dataclass
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
    is_running: bool
    """A control process works on this campaign now."""


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
    is_running = home.holder() is not None and state.sessions[-1].epoch == epoch
    return StoredCampaign(home, state, is_running)


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
