"""Every kind of event is told of as what it is, with the page where it is looked at."""

from __future__ import annotations

from types import UnionType
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from controller.events import Event, Recorded
from controller.proposal_events import Edited, Proposed
from controller.webhooks.notice import event_word, path_of
from experiments.proposal import Proposal

CAMPAIGN = "/campaigns/a%20b"
PROPOSAL, BUILDS = f"{CAMPAIGN}/proposals/p1", f"{CAMPAIGN}/builds"
TOLD = {
    "proposed": ("needs_you", PROPOSAL),
    "edited": ("needs_you", PROPOSAL),
    "first_approved": ("needs_you", PROPOSAL),
    "reminded": ("needs_you", PROPOSAL),
    "outcome_unknown": ("needs_you", BUILDS),
    "result_in_doubt": ("needs_you", BUILDS),
    "decided": ("decided", PROPOSAL),
    "withdrawn": ("decided", PROPOSAL),
    "expired": ("decided", PROPOSAL),
    "settled": ("decided", BUILDS),
    "measured": ("built", BUILDS),
    "build_failed": ("built", BUILDS),
    "finished": ("ended", CAMPAIGN),
    "aborted": ("ended", CAMPAIGN),
    "compute_lost": ("alarm", CAMPAIGN),
}
SILENT = {
    "campaign_started", "amended", "resumed", "compute_started", "ranked", "dispatched",
    "attempt_lost", "observed", "voxels_dropped", "taught", "imported", "interrupted", "paused",
    "unpaused", "prioritised", "upgrade_settled", "retracted", "corrected", "deputised",
    "build_queued", "submitting", "not_submitted", "submitted", "build_running", "file_taken",
    "stop_told",
}  # fmt: skip
"""Nobody has to do anything now; the control room has it."""


def kinds(found: Any = Event) -> dict[str, type[BaseModel]]:
    if isinstance(found, type) and not isinstance(found, UnionType):
        return {found.model_fields["kind"].default: found} if issubclass(found, BaseModel) else {}
    return {kind: one for part in get_args(found) for kind, one in kinds(part).items()}


EVENTS = kinds()
_any_proposal: Any = Proposal
NAMED: Proposal = _any_proposal.model_construct(id="p1")


def test_every_kind_of_event_is_told_of_or_known_to_be_silent() -> None:
    assert len(EVENTS) > 30
    assert set(EVENTS) == set(TOLD) | SILENT
    assert not set(TOLD) & SILENT


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_an_event_s_word_and_page_are_those_of_its_kind(kind: str) -> None:
    model: Any = EVENTS[kind]
    if model in (Proposed, Edited):
        event = model.model_construct(proposal=NAMED)
    else:
        event = model.model_construct(proposal_id="p1", build_id="b1")
    recorded = Recorded(7, "a b", 1, "2026-11-02T10:00:00+00:00", 0.0, event, "0" * 64)
    word, page = TOLD.get(kind, (None, CAMPAIGN))
    assert event_word(event) == word
    assert path_of(recorded) == page
