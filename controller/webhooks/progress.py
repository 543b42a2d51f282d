"""How far a webhook's deliveries went, in a file of the home: a cursor over the journal."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from controller.journal import Anchor
from experiments.frozen import Frozen


class Outcome(Frozen):
    """Where a webhook stands, for the next session and for whoever asks."""

    position: int = 0
    """Of the last event that is done with: delivered, not wanted, or given up."""
    hash: str = ""
    n_delivered: int = 0
    n_failed: int = 0
    """Attempts, of which several may be of one notice."""
    n_given_up: int = 0
    failing_since: str | None = None
    """When the first attempt of the notice in hand failed; None where none is failing."""
    said: str = ""
    """What went wrong last."""
    delivered_at: str | None = None

    @property
    def anchor(self) -> Anchor:
        """Return its place in the journal."""
        return Anchor(self.position, self.hash) if self.position else Anchor()

    def at(self, anchor: Anchor) -> Outcome:
        """Return it at another place."""
        return self.model_copy(update={"position": anchor.position, "hash": anchor.hash})


def outcome_path(home: Path, name: str) -> Path:
    """Return where a webhook's outcome lies."""
    return home / "webhooks" / f"{name}.json"


def read_outcome(home: Path, name: str) -> Outcome | None:
    """Return how far a webhook went; None where nothing is known, or what is there is damaged."""
    try:
        return Outcome.model_validate_json(outcome_path(home, name).read_bytes())
    except (OSError, ValidationError):
        return None


def keep_outcome(home: Path, name: str, outcome: Outcome) -> None:
    """Write it, whole or not at all, also where the machine stops. Raises ``OSError``."""
    path = outcome_path(home, name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    new = path.with_suffix(".new")
    with new.open("w") as file:
        file.write(outcome.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
