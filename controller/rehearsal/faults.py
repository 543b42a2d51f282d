"""What goes wrong in a rehearsal, and how often."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True)
class Faults:
    """Chances and mean times of what can go wrong; the defaults are *assumed* for a shared cluster.

    Lines between processes deliver in order or break, so that nothing is lost within a life of
    compute; ``late`` and ``doubled`` are worse than any line and are there to be survived.
    """

    worker_death: float = 0.005
    """Chance that a worker dies under a stage call."""
    hang: float = 0.0005
    """Chance that a stage call never ends by itself."""
    failing_design: float = 0.02
    """Chance that a design gives a failure instead of numbers."""
    failed_ask: float = 0.02
    """Chance that a refit raises or its worker dies."""
    compute_deaths_per_day: float = 0.3
    compute_silences_per_day: float = 0.1
    recycles_per_day: float = 0.5
    """Planned ones: a fresh compute takes over from the present one."""
    clock_jumps_per_day: float = 0.2
    """Of the calendar, by up to a day either way."""
    control_death: float = 0.0002
    """Chance that control is killed before or after a write or a message."""
    late: float = 0.01
    """Chance that a message of compute is overtaken by later ones."""
    doubled: float = 0.005
    """Chance that a result comes twice."""

    @classmethod
    def none(cls) -> Self:
        """Return a world in which nothing goes wrong."""
        return cls(**{field.name: 0.0 for field in fields(cls)})

    def times(self, factor: float) -> Faults:
        """Return everything so many times as often; no chance exceeds a half."""
        changed = {
            field.name: value if field.name.endswith("_per_day") else min(0.5, value)
            for field in fields(self)
            for value in [factor * getattr(self, field.name)]
        }
        return replace(self, **changed)
