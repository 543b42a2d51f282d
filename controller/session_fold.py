"""Which control process wrote an event, and its clock; part of ``controller.fold``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from controller.events import (
    Aborted,
    Corrected,
    Paused,
    Prioritised,
    Recorded,
    Retracted,
    Unpaused,
    UpgradeSettled,
)
from controller.proposal_events import OF_PEOPLE
from controller.state import Session

_OF_PEOPLE: Final = (
    Paused,
    Unpaused,
    Aborted,
    UpgradeSettled,
    Prioritised,
    Retracted,
    Corrected,
    *OF_PEOPLE,
)
"""Events that another campaign's control, or a command, may write on a person's behalf."""


def advance_session(draft: dict[str, Any], recorded: Recorded) -> None:
    """Make the writing process's session the last one, with its clock advanced."""
    sessions: tuple[Session, ...] = draft["sessions"]
    if not sessions or sessions[-1].epoch != recorded.epoch:
        if isinstance(recorded.event, _OF_PEOPLE):
            return
        draft["sessions"] = (*sessions, Session(recorded.epoch, recorded.at))
    update_session(draft, last_event_s=recorded.session_s)


def update_session(draft: dict[str, Any], **changed: Any) -> None:
    """Change the last session."""
    *before, last = draft["sessions"]
    draft["sessions"] = (*before, replace(last, **changed))


def note_first_job(draft: dict[str, Any], recorded: Recorded) -> None:
    """Note when the session's first job was under way."""
    if draft["sessions"][-1].first_job_s is None:
        update_session(draft, first_job_s=recorded.session_s)
