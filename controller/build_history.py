"""The whole history of one build in one document, from the proposal to its observation."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic import JsonValue

from controller.events import Recorded, encode_event
from controller.state import State
from experiments.errors import Invalid
from experiments.frozen import Frozen


class HistoryEntry(Frozen):
    """One stored event, as the journal has it."""

    position: int
    epoch: int
    at: str
    hash: str
    """In the journal's chain."""
    event: dict[str, JsonValue]


class BuildHistory(Frozen):
    """Everything that is known of a build; nothing of it is worked out anew."""

    campaign: str
    build_id: str
    proposal_id: str
    instrument: str
    stage: str
    payload_sha256: str
    """Of what was sent, and of what the decision's digest is part of."""
    files: tuple[dict[str, JsonValue], ...]
    """Every result file that came in: its hash, and what became of it, quarantines with reason."""
    observation: dict[str, JsonValue] | None
    """None while it has not ended."""
    history: tuple[HistoryEntry, ...]
    """Every event of the proposal and the build, in order: versions, what was shown, decisions,
    payload, dispatches, stages, files, result."""


def build_history(state: State, recorded: Iterable[Recorded], build_id: str) -> BuildHistory:
    """Return a build's history from the campaign's events. Raises ``Invalid`` for an unknown id."""
    record = state.builds.get(build_id)
    if record is None:
        listed = ", ".join(state.builds) or "none"
        raise Invalid(
            f"campaign {state.campaign.name} has no build {build_id!r}; it has: {listed[:400]}"
        )
    proposal_id = record.build.proposal_id
    entries = []
    for one in recorded:
        event: dict[str, Any] = json.loads(encode_event(one.event))
        if _is_about(event, build_id, proposal_id):
            entries.append(
                HistoryEntry(
                    position=one.position, epoch=one.epoch, at=one.at, hash=one.hash, event=event
                )
            )
    observation = state.observations.get(record.job_id) if record.has_ended else None
    return BuildHistory(
        campaign=state.campaign.name,
        build_id=build_id,
        proposal_id=proposal_id,
        instrument=record.instrument,
        stage=record.stage,
        payload_sha256=record.build.payload_sha256,
        files=tuple(intake.model_dump(mode="json") for intake in record.intakes),
        observation=None if observation is None else observation.model_dump(mode="json"),
        history=tuple(entries),
    )


def _is_about(event: dict[str, Any], build_id: str, proposal_id: str) -> bool:
    """Say whether an event names the build, or the proposal it came from."""
    build, proposal = event.get("build"), event.get("proposal")
    return (
        event.get("build_id") == build_id
        or event.get("proposal_id") == proposal_id
        or (isinstance(build, dict) and build.get("id") == build_id)
        or (isinstance(proposal, dict) and proposal.get("id") == proposal_id)
    )
