"""An event of the journal in one line, for a log that people read."""

from __future__ import annotations

from controller.build_words import build_words
from controller.events import (
    Aborted,
    AttemptLost,
    ComputeLost,
    ComputeStarted,
    Dispatched,
    Event,
    Finished,
    Interrupted,
    Observed,
    Paused,
    Prioritised,
    Ranked,
    Unpaused,
    UpgradeSettled,
    VoxelsDropped,
)
from controller.label import design_words, failure_text
from controller.quantity import counted


def event_words(event: Event) -> str:
    """Return what happened."""
    match event:
        case ComputeStarted(slots=slots, nodes=nodes):
            where = f" on {counted(len(nodes), 'node')}" if nodes else ""
            return f"compute takes jobs: {counted(slots, 'worker')}{where}"
        case ComputeLost(reason=reason):
            return f"compute was lost: {reason}"
        case Ranked(ranking=ranking):
            words = counted(len(ranking.candidates), "candidate")
            return f"{ranking.decider} ranked {words} in {ranking.elapsed_s:.1f} s"
        case Dispatched(job=job):
            what = "the baseline" if job.purpose == "baseline" else design_words(job.design)
            return f"{job.fidelity}: {what}"
        case AttemptLost(reason=reason):
            return f"a worker died: {reason}"
        case Observed(observation=observation):
            failure = observation.failure
            words = "finished" if failure is None else failure_text(failure.kind)
            return f"{observation.job.fidelity}: {words}"
        case VoxelsDropped(artifacts=artifacts):
            return f"deleted {counted(len(artifacts), 'voxel file')} that a seed makes again"
        case Interrupted(reason=reason) | Finished(reason=reason):
            return f"{event.kind}: {reason}"
    return _of_people(event) or build_words(event) or event.kind.replace("_", " ")


def _of_people(event: Event) -> str | None:
    """Return what a person did, or None where it is no order of a person."""
    match event:
        case Paused(is_drain=is_drain):
            return _by("draining" if is_drain else "paused", event.by, event.reason)
        case Unpaused():
            return _by("goes on", event.by, event.reason)
        case Prioritised(share_pct=share_pct):
            return _by(f"uses at most {share_pct}% of the workers", event.by, event.reason)
        case UpgradeSettled(choice=choice):
            return _by(f"results of earlier versions: {choice}", event.by, event.reason)
        case Aborted():
            return _by("aborted", event.by, event.reason)
    return None


def _by(words: str, by: str, reason: str) -> str:
    return f"{words} by {by}" + (f": {reason}" if reason else "")
