"""Edits that wait a moment for the decider's word on them; nothing else waits for it.

Control answers every other order in the turn it comes. An edit of a design is first put to compute,
where the surrogate is; what does not come in time is stored as not scored, and why. Whoever waits
keeps a connection and a thread of the service, and the decider takes one question after another: so
few wait, a newer edit takes the place of the same person's older one, and one is asked at a time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from agents.messages import Score, Scored, ScoreFailed
from controller.budget import allowance
from controller.build_orders import Edit, Occasion, TryEdit, edited_by, occasion
from controller.clock import Clock
from controller.compute import Compute, Happening, Lost, TakenOver
from controller.conversation import jobs_of_builds
from controller.edit_score import needs_score
from controller.inbox import Waiting
from controller.lab import Lab
from controller.order import BUSY, Refused
from controller.proposals import ProposalRecord
from controller.second_look import rejected_as
from controller.state import State
from experiments.ranking import Scores

PATIENCE_S: Final = 20.0
"""For the decider, which may be at a ranking. Less than whoever gave the order waits."""
MOST_HELD: Final = 4
"""Edits that wait at once, of the 32 connections that control takes. Assumed: more people than that
seldom try values in the same seconds."""


class Ready(NamedTuple):
    """An order to be carried out now, with what it needs from outside."""

    waiting: Waiting
    at: Occasion


@dataclass
class _Held:
    """An edit that waits for the decider, asked already or not."""

    request_id: str
    waiting: Waiting
    order: Edit | TryEdit
    until_s: float
    scores: Scores | None = None
    why_not: str = ""


class EditTrials:
    """Orders on their way to be carried out; edits by way of the decider."""

    def __init__(
        self, compute: Compute, clock: Clock, lab: Lab | None, *, patience_s: float = PATIENCE_S
    ) -> None:
        self._compute = compute
        self._clock = clock
        self._lab = lab
        self._patience_s = patience_s
        self._held: dict[tuple[str, str], _Held] = {}
        """By person and proposal, in the order they came."""
        self._asked: _Held | None = None
        """What the decider is at; it may be answered already."""
        self._numbers = itertools.count(1)

    def ready(self, taken: Sequence[Waiting], state: State, n_slots: int) -> Iterator[Ready]:
        """Yield what can be carried out now, of what just came and of what waited."""
        for waiting in taken:
            why_not = self._put(waiting, state, n_slots)
            if why_not is not None:
                yield Ready(waiting, self._occasion(None, why_not))
        now_s = self._clock.elapsed_s()
        for key, held in list(self._held.items()):
            if held.scores is None and not held.why_not:
                if now_s < held.until_s:
                    continue
                held.why_not = f"the decider did not answer within {self._patience_s:g} s"
            del self._held[key]
            yield Ready(held.waiting, self._occasion(held.scores, held.why_not))
        self._ask_next(state, n_slots)

    def hear(self, happenings: Sequence[Happening]) -> list[Happening]:
        """Take note of the decider's words; return what is about something else."""
        others: list[Happening] = []
        for one in happenings:
            match one:
                case Scored(request_id=request_id, scores=scores):
                    self._heard(request_id, scores, "")
                case ScoreFailed(request_id=request_id, message=message):
                    self._heard(request_id, None, message or "the decider failed")
                case _:
                    others.append(one)
                    if isinstance(one, Lost | TakenOver):
                        self._give_up()
        return others

    def close(self) -> None:
        """Refuse what waits: nobody will carry it out."""
        for held in self._held.values():
            held.waiting.answer(Refused(message="control ended before the edit was carried out"))
        self._held.clear()

    def _heard(self, request_id: str, scores: Scores | None, why_not: str) -> None:
        """Note an answer to what was asked last; any other is of a compute that is gone."""
        if self._asked is not None and self._asked.request_id == request_id:
            self._asked.scores, self._asked.why_not = scores, why_not
            self._asked = None

    def _give_up(self) -> None:
        self._asked = None
        for held in self._held.values():
            held.why_not = held.why_not or "compute was replaced meanwhile: try again"

    def _occasion(self, scores: Scores | None, why_not: str) -> Occasion:
        told = None if self._lab is None else self._lab.capabilities
        return occasion(self._clock)._replace(capabilities=told, scores=scores, unscored=why_not)

    def _put(self, waiting: Waiting, state: State, n_slots: int) -> str | None:
        """Have an edit wait, or refuse it, and return None; or say why it is carried out now.

        What cannot be is found before the decider is asked, and again when it is carried out:
        others may have decided meanwhile.
        """
        order = waiting.order
        if not isinstance(order, Edit | TryEdit) or order.campaign != state.campaign.name:
            return ""
        try:
            is_new = needs_score(edited_by(order, state, self._occasion(None, "")))
        except Exception:  # noqa: BLE001 - of whatever kind: carrying it out refuses it in words
            return ""
        if not is_new:
            return ""
        if not n_slots:
            return "compute is not ready yet"
        key = (order.by.name, order.proposal_id)
        if (older := self._held.pop(key, None)) is not None:
            older.waiting.answer(Refused(message="a newer edit was put", reason="superseded"))
        if len(self._held) >= MOST_HELD:
            busy = f"the decider is busy: {MOST_HELD} edits wait for it; try again"
            waiting.answer(Refused(message=busy, reason=BUSY))
            return None
        until_s = self._clock.elapsed_s() + self._patience_s
        self._held[key] = _Held(f"edit-{next(self._numbers)}", waiting, order, until_s)
        return None

    def _ask_next(self, state: State, n_slots: int) -> None:
        """Put the edit that waited longest to the decider, unless it is at one."""
        if self._asked is None and self._held and n_slots:
            self._asked = next(iter(self._held.values()))
            record = state.proposals[self._asked.order.proposal_id]
            self._compute.send(_question(self._asked.request_id, self._asked.order, record, state))


def _question(
    request_id: str, order: Edit | TryEdit, record: ProposalRecord, state: State
) -> Score:
    """Return the question as it would be were the proposal, and its slot, not given away yet."""
    proposal, fidelity = record.proposal, record.proposal.job.fidelity
    left = allowance(state).left()
    return Score(
        request_id=request_id,
        designs=(proposal.asked_for or proposal.request.design, order.request.design),
        fidelity=fidelity,
        pending=(*state.in_flight.values(), *jobs_of_builds(state)),
        proposed=tuple(
            one.proposal.job for one in state.open_proposals if one.proposal.id != proposal.id
        ),
        unmakeable=tuple(one.proposal.job for one in rejected_as(state, "cannot_make")),
        left={**left, fidelity: left.get(fidelity, 0) + 1},
        position=proposal.position,
    )
