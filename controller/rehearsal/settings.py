"""What a rehearsal is told: the cluster's size, how long jobs take, for how long, and the seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from controller.rehearsal.faults import Faults

DAY_S: Final = 86400.0


@dataclass(frozen=True)
class Settings:
    """A rehearsal's circumstances; equal ones give equal journals, byte for byte."""

    n_workers: int = 8
    days: float = 30.0
    """The rehearsal ends then, wherever the campaign stands."""
    seed: int = 0
    job_s: float = 600.0
    """Mean worker time of a job at the target; other levels take as much less as they cost less."""
    spread: float = 10.0
    """The longest of equally fine volumes takes so many times what the shortest takes."""
    refit_s: float = 60.0
    """Mean time of a question to the decider."""
    faults: Faults = field(default_factory=Faults)
    counted_from_s: float = 0.0
    """Moment from which on the workers' use is counted; before it a campaign gets going."""
    heartbeat_s: float = 300.0
    """Compute's pulse: coarser than the real one, so that a month has few of them. Silence is
    noticed after three, and control turns at least once in one."""
    turn_s: float = 150.0
    """How often control turns where nothing happens."""
    redraw_s: float = 3600.0
    """How often it looks whether it is stuck, and makes a picture of its progress for nobody."""

    @property
    def horizon_s(self) -> float:
        """Return when the rehearsal ends."""
        return self.days * DAY_S
