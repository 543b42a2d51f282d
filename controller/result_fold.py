"""Events that change which results there are, beside jobs that give theirs; part of ``fold``."""

from __future__ import annotations

from typing import Any

from controller.corrections import mended
from controller.events import Corrected, Imported, Retracted, Taught, VoxelsDropped
from controller.state import State

ResultEvent = Taught | VoxelsDropped | Imported | Retracted | Corrected


def change_results(draft: dict[str, Any], event: ResultEvent, at: str) -> None:
    """Change the fields of a state by such an event."""
    match event:
        case Taught(observations=observations):
            for one in observations:
                draft["observations"] = draft["observations"].plus(one.job.id, one)
                draft["observed_at"] = draft["observed_at"].plus(one.job.id, at)
        case VoxelsDropped(artifacts=artifacts):
            draft["stored"] = draft["stored"].without([one.sha256 for one in artifacts])
        case Retracted() | Corrected():
            draft.update(mended(State(**draft), event))
        case Imported():
            pass  # it begins a session that did nothing
