"""A result that a person takes back or puts right, and what of the state rested on it.

Everything derived follows by itself, because it is derived: incumbent, front, calibration and
report are folded from what is left, and whatever a decider said before is asked anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.growing_map import GrowingMap
from controller.packing import is_packed, packed_map
from controller.upgrade import not_asked
from experiments.errors import InternalError
from experiments.observation import Metric, Observation

if TYPE_CHECKING:
    from controller.events import Corrected, Retracted
    from controller.state import State


def mended(state: State, event: Retracted | Corrected) -> dict[str, Any]:
    """Return the state's changes after the event."""
    if event.kind == "retracted":
        return _retracted(state, event)
    return _corrected(state, event)


def corrected(before: Observation, event: Corrected) -> Observation:
    """Return a result in which one metric has another value.

    Its samples go with the wrong value, since they scatter about it; a flag says what was there.
    """
    metric = before.metrics[event.metric]
    was = "undefined" if metric.value is None else f"{metric.value:.6g}"
    flag = f"{event.metric} corrected from {was} by {event.by}: {event.reason}"
    after = Metric(value=event.value, noise_sd=metric.noise_sd, bias=metric.bias)
    return before.model_copy(
        update={
            "metrics": {**before.metrics, event.metric: after},
            "flags": (*before.flags, flag),
        }
    )


def _retracted(state: State, event: Retracted) -> dict[str, Any]:
    """Return the state's changes where a result is taken back: nothing learns from it any more.

    Its evaluation stays spent. Its design may be chosen again, and is then measured with another
    seed.
    """
    taken_back = _result(state, event.job_id)
    observations, observed_at = (
        {key: value for key, value in mapping.items() if key != event.job_id}
        for mapping in (state.observations, state.observed_at)
    )
    left: GrowingMap[str, Any] = GrowingMap(observations)
    return {
        **_reopened(state, f"the result of job {event.job_id} was taken back"),
        "observations": packed_map("observations", left) if is_packed(state.observations) else left,
        "observed_at": GrowingMap(observed_at),
        "set_aside": {**state.set_aside, event.job_id: taken_back},
        "retracted": state.retracted | {event.job_id},
    }


def _corrected(state: State, event: Corrected) -> dict[str, Any]:
    """Return the state's changes where one metric of a result has another value."""
    after = corrected(_result(state, event.job_id), event)
    observations = state.observations
    if not isinstance(observations, GrowingMap):
        observations = GrowingMap(observations)
    return {
        **_reopened(state, f"a result of job {event.job_id} was corrected"),
        "observations": observations.with_changed(event.job_id, after),
    }


def _reopened(state: State, why: str) -> dict[str, Any]:
    """Return the changes that follow; a campaign at its end may go on, unless it was aborted."""
    ended = state.phase == "finished" and not state.is_aborted
    phase: dict[str, Any] = {"phase": "interrupted", "reason": why} if ended else {}
    return {**not_asked(), **phase, "n_corrections": state.n_corrections + 1}


def _result(state: State, job_id: str) -> Observation:
    found = state.observations.get(job_id)
    if found is None:
        raise InternalError(f"job {job_id} was corrected and has no result")
    return found
