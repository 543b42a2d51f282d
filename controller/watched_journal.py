"""A journal whose every event is a line of the log, and whose every append is timed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from agents.json_log import about
from controller.anchored_journal import AnchoredJournal
from controller.clock import Clock
from controller.events import (
    AttemptLost,
    ComputeLost,
    Dispatched,
    Event,
    Interrupted,
    Observed,
    Ranked,
    Recorded,
)
from controller.journal import Anchor
from controller.proposal_events import Signatory

_log: Final = logging.getLogger("cellwright.journal")


class WatchedJournal(AnchoredJournal):
    """The one writer, watched: ``timed`` is told how long an append took and of how many events."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        timed: Callable[[float, int], None] = lambda _, __: None,
        *,
        trusted: Anchor | None = None,
    ) -> None:
        """Open for writing."""
        super().__init__(path, clock, trusted=trusted)
        self._timed = timed

    def append(
        self,
        campaign: str,
        events: Sequence[Event],
        *,
        accept: Callable[[Sequence[Recorded]], object] = lambda _: None,
    ) -> tuple[Recorded, ...]:
        """Store the events together, time that, and log each of them."""
        began_s = time.perf_counter()
        recorded = super().append(campaign, events, accept=accept)
        if recorded:
            self._timed(time.perf_counter() - began_s, len(recorded))
        for one in recorded:
            _log.info(one.event.kind, extra=about(**event_context(one)))
        return recorded


def event_context(recorded: Recorded) -> dict[str, Any]:
    """Return what a line of the log says of an event; None where it has no such thing."""
    event = recorded.event
    found: dict[str, Any] = {"campaign": recorded.campaign, "position": recorded.position}
    match event:
        case Dispatched(job=job):
            found |= {"job": job.id, "fidelity": job.fidelity, "purpose": job.purpose}
        case Observed(observation=one):
            failure = one.failure
            found |= {
                "job": one.job.id,
                "fidelity": one.job.fidelity,
                "busy_s": round(one.provenance.busy_s, 3),
                "failure": None if failure is None else failure.kind.value,
                "reason": None if failure is None else failure.message,
            }
        case AttemptLost(job_id=job_id, reason=reason):
            found |= {"job": job_id, "reason": reason}
        case Ranked(ranking=ranking):
            found |= {"candidates": len(ranking.candidates), "refit_s": ranking.elapsed_s}
        case ComputeLost(reason=reason) | Interrupted(reason=reason):
            found |= {"reason": reason}
        case _:
            found |= {name: getattr(event, name, None) for name in ("reason", "slots")}
            found |= _who(getattr(event, "by", None))
    return found


def _who(by: object) -> dict[str, Any]:
    """Return a name, and the role and the way of signing in of one who had to prove it."""
    if isinstance(by, Signatory):
        return {"by": by.person, "roles": list(by.roles), "sign_in": by.sign_in}
    return {"by": by}
