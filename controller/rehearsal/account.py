"""What a rehearsal tells of a campaign's time and machines, as plain values."""

from __future__ import annotations

from typing import Any

from controller.rehearsal.rehearse import Rehearsed
from controller.rehearsal.settings import DAY_S, Settings
from controller.results import failures_by_kind, observations_by_fidelity


def account(rehearsed: Rehearsed, settings: Settings, broken: tuple[str, ...]) -> dict[str, Any]:
    """Return what a person planning the campaign wants to know."""
    state = rehearsed.state
    days = rehearsed.simulated_s / DAY_S
    done = observations_by_fidelity(state)
    return {
        "campaign": state.campaign.name,
        "ending": f"finished ({state.reason})" if rehearsed.is_finished else state.reason,
        "days": days,
        "workers": settings.n_workers,
        "utilisation": rehearsed.utilisation,
        "evaluations": done,
        "evaluations_per_day": sum(done.values()) / days,
        "failures": failures_by_kind(state),
        "workers_lost": sum(found.n_lost for found in state.dispatches.values()),
        "computes_lost": state.n_compute_lost,
        "controls_lost": rehearsed.n_kills,
        "sessions_failed": list(rehearsed.failures),
        "events": state.position,
        "is_complete": rehearsed.is_finished and not broken,
        "broken": list(broken),
        "seed": settings.seed,
    }
