"""How a session of control ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controller.state import State

Ending = Literal["finished", "interrupted", "stopped as asked"]


@dataclass(frozen=True)
class Outcome:
    """What a session left, and why it ended."""

    state: State
    ending: Ending
