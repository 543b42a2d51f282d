"""What happened to a proposal or a build, in one line for the log."""

from __future__ import annotations

from controller.events import Event
from controller.label import design_words
from controller.proposal_events import (
    BuildFailed,
    BuildQueued,
    BuildRunning,
    Decided,
    Deputised,
    Edited,
    Expired,
    FileTaken,
    FirstApproved,
    Measured,
    NotSubmitted,
    OutcomeLost,
    Proposed,
    Reminded,
    ResultInDoubt,
    Settled,
    StopTold,
    Submitted,
    Withdrawn,
)
from controller.quantity import counted
from controller.reminders import WORDS


def build_words(event: Event) -> str | None:
    """Return what happened, or None where it is about no proposal and no build."""
    match event:
        case Proposed(proposal=proposal):
            return f"{proposal.id}: {design_words(proposal.request.design)}"
        case Decided():
            why = " ".join(text for text in ((event.reason or "").replace("_", " "), event.text))
            return _by(f"{event.proposal_id} {event.verdict}", event.by.person, why.strip())
        case Reminded(share=share):
            return f"{event.proposal_id}: {WORDS.get(share, 'a reminder')}; nobody has decided"
        case Deputised(person=person, deputy=deputy):
            words = f"{deputy or 'nobody'} decides in {person}'s stead"
            return _by(words, event.by.person, event.text)
        case FirstApproved():
            words = f"{event.proposal_id} approved, first of two"
            return _by(words, event.by.person, event.text)
        case Edited(proposal=proposal):
            words = f"{proposal.id} is at version {proposal.version}"
            return _by(words, event.by.person, event.text)
        case Withdrawn():
            words = f"approval of {event.proposal_id} withdrawn"
            return _by(words, event.by.person, event.text)
        case Expired():
            return f"{event.proposal_id}: its time is over; nobody decided"
    return _of_build(event)


def _of_build(event: Event) -> str | None:
    match event:
        case BuildQueued():
            return f"{event.proposal_id} becomes build {event.build.id}, for {event.instrument}"
        case Submitted():
            return f"the instrument has {event.build_id}"
        case NotSubmitted() | OutcomeLost() | ResultInDoubt():
            return f"{event.build_id}: {event.reason}"
        case Settled():
            words = f"{event.build_id}: {event.outcome.replace('_', ' ')}"
            return _by(words, event.by.person, event.text)
        case StopTold():
            return f"{event.build_id}: told to stop; there it is {event.answer}"
        case BuildRunning():
            return f"{event.build_id}" + (f" at {event.station}" if event.station else "")
        case FileTaken():
            return f"{event.build_id}: a result file came in"
        case Measured():
            return f"{event.build_id}: {counted(event.n_ok, 'good cell')}"
        case BuildFailed(observation=observation):
            failure = observation.failure
            return f"{event.build_id}: {failure.message if failure else 'no number'}"
    return None


def _by(words: str, by: str, reason: str) -> str:
    return f"{words} by {by}" + (f": {reason}" if reason else "")
