"""What the deaths of compute have in common, and what a person can do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SUSPECT_AFTER: Final = 6
"""Lives in a row without a result after which a job that was under way in each of them is held
responsible. Assumed: half of what ends a session, and far more than chance brings together."""


@dataclass(frozen=True)
class Death:
    """The end of one life of compute."""

    how: str
    """e.g. ``compute ended by SIGKILL``."""
    words: tuple[str, ...] = ()
    """The last lines it wrote to its log."""
    jobs: frozenset[str] = frozenset()
    """Ids of the jobs that were on a worker."""
    n_killed_for_memory: int = 0
    """Processes that the kernel killed for memory meanwhile."""
    was_ready: bool = False

    @property
    def reason(self) -> str:
        """Return how it ended with its last words, in a line."""
        parts = [self.how]
        if self.n_killed_for_memory:
            parts.append(f"the kernel killed {self.n_killed_for_memory} processes for memory")
        text = "; ".join(parts)
        return f"{text} ({' | '.join(self.words[-2:])})" if self.words else text


def suspects(deaths: Sequence[Death]) -> frozenset[str]:
    """Return the jobs that were under way in every one of so many deaths in a row."""
    if len(deaths) < SUSPECT_AFTER:
        return frozenset()
    return frozenset.intersection(*(death.jobs for death in deaths))


def diagnosis(deaths: Sequence[Death], log: str) -> str:
    """Return what kept dying, of what, under which job, and what to do."""
    last = deaths[-1]
    ways = Counter(death.how for death in deaths)
    parts = [
        f"compute was lost {len(deaths)} times without a result: "
        + ", ".join(f"{how} ({n} times)" if n > 1 else how for how, n in ways.most_common())
    ]
    n_killed = sum(death.n_killed_for_memory for death in deaths)
    common = frozenset.intersection(*(death.jobs for death in deaths))
    if n_killed:
        parts.append(f"the kernel killed {n_killed} processes for memory")
    if common:
        parts.append(f"job {', '.join(sorted(common))} was under way each time")
    if last.words:
        parts.append(f"last words: {' | '.join(last.words)}")
    parts += [_advice(deaths, n_killed, common), f"the rest is in {log}; everything is saved"]
    return "; ".join(parts)


def _advice(deaths: Sequence[Death], n_killed: int, common: frozenset[str]) -> str:
    if n_killed:
        return "give it more memory, fewer workers (--workers) or smaller volumes"
    if not any(death.was_ready for death in deaths):
        return "it never got ready: cellwright doctor tells what is missing"
    if common:
        return "its design and seed are in the journal: cellwright evaluate --at repeats it alone"
    return "no job is common to all: look for what else ends processes on this machine"
