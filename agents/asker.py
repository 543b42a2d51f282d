"""Asks the decider in a worker of its own, beside the slots, and remembers what it may learn from.

The worker takes no slot and runs at a lower priority: evaluation never waits for a fit, and a fit
takes the CPU time that evaluation leaves, or little more.
"""

from __future__ import annotations

from typing import Final

from agents.acquisition.decider import Scorer
from agents.executor import Died, Executor, Finished, Handle, Raised, Reference, Returned
from agents.messages import (
    LEARN_CHUNK,
    Answered,
    Ask,
    AskFailed,
    Score,
    Scored,
    ScoreFailed,
)
from agents.sound_scores import sound_scores
from agents.wiring import decider
from experiments.campaign import Campaign, PartChoice
from experiments.design import Design
from experiments.errors import Rejected
from experiments.job import Job
from experiments.observation import Observation
from experiments.ranking import Question, Ranking, Scores
from experiments.source import with_sources

LANE: Final = "decide"


class Asker:
    """Questions under way, and the observations that later questions rest on."""

    def __init__(self, executor: Executor, campaign: Campaign) -> None:
        self._executor = executor
        self._campaign = campaign
        self._sealed: list[Reference] = []
        self._fresh: list[Observation] = []
        self._asked: dict[Handle, str] = {}
        self._scoring: dict[Handle, str] = {}
        self._preparation: Handle | None = None

    @property
    def is_busy(self) -> bool:
        """Say whether a question or the preparation is under way."""
        return bool(self._asked or self._scoring) or self._preparation is not None

    def prepare(self) -> None:
        """Have the lane import the decider before the first question comes."""
        self._preparation = self._executor.submit(prepare, self._campaign.decider, lane=LANE)

    def learn(self, observations: tuple[Observation, ...]) -> None:
        """Remember observations; full chunks move to the executor and are never sent again."""
        self._fresh.extend(observations)
        while len(self._fresh) >= LEARN_CHUNK:
            self._sealed.append(self._executor.put(tuple(self._fresh[:LEARN_CHUNK])))
            del self._fresh[:LEARN_CHUNK]

    def forget(self) -> None:
        """Let go of every observation; questions under way still rest on them."""
        self._sealed.clear()
        self._fresh.clear()

    def ask(self, message: Ask) -> None:
        """Start answering."""
        handle = self._executor.submit(
            rank,
            self._campaign,
            message.pending,
            message.proposed,
            message.unmakeable,
            message.left,
            message.n_candidates,
            message.position,
            *self._sealed,
            tuple(self._fresh),
            lane=LANE,
        )
        self._asked[handle] = message.request_id

    def score(self, message: Score) -> None:
        """Start saying what the decider makes of designs."""
        handle = self._executor.submit(
            score,
            self._campaign,
            message.designs,
            message.fidelity,
            message.pending,
            message.proposed,
            message.unmakeable,
            message.left,
            message.position,
            *self._sealed,
            tuple(self._fresh),
            lane=LANE,
        )
        self._scoring[handle] = message.request_id

    def accept(self, finished: Finished) -> Answered | AskFailed | Scored | ScoreFailed | None:
        """Return what to tell of a finished call, or None where it was not a question."""
        if finished.handle == self._preparation:
            self._preparation = None
            return None
        scoring = self._scoring.pop(finished.handle, None)
        if scoring is not None:
            if isinstance(finished, Returned):
                return Scored(request_id=scoring, scores=finished.value)
            return ScoreFailed(request_id=scoring, message=_reason(finished))
        request_id = self._asked.pop(finished.handle, None)
        if request_id is None:
            return None
        if isinstance(finished, Returned):
            return Answered(request_id=request_id, ranking=finished.value)
        return AskFailed(request_id=request_id, message=_reason(finished))


def _reason(finished: Finished) -> str:
    """Return why a call gave nothing."""
    if isinstance(finished, Raised):
        return finished.error.message
    return f"its worker died: {finished.reason}" if isinstance(finished, Died) else "cancelled"


def prepare(choice: PartChoice) -> str:
    """Import the decider and return its version."""
    return decider(choice).version


def rank(
    campaign: Campaign,
    pending: tuple[Job, ...],
    proposed: tuple[Job, ...],
    unmakeable: tuple[Job, ...],
    left: dict[str, int],
    n_candidates: int,
    position: int,
    *chunks: tuple[Observation, ...],
) -> Ranking:
    """Ask the campaign's decider about everything observed so far."""
    question = _question(campaign, chunks, pending, proposed, unmakeable, left, position)
    asked = question.model_copy(update={"n_candidates": n_candidates})
    return decider(campaign.decider).rank(asked)


def score(
    campaign: Campaign,
    designs: tuple[Design, ...],
    fidelity: str,
    pending: tuple[Job, ...],
    proposed: tuple[Job, ...],
    unmakeable: tuple[Job, ...],
    left: dict[str, int],
    position: int,
    *chunks: tuple[Observation, ...],
) -> Scores:
    """Ask the campaign's decider what it makes of designs. Raises ``Rejected`` and ``Invalid``."""
    made = decider(campaign.decider)
    if not isinstance(made, Scorer):
        raise Rejected(f"decider {campaign.decider.name} scores only what it proposes itself")
    question = _question(campaign, chunks, pending, proposed, unmakeable, left, position)
    answer = made.score(question, designs, fidelity)
    return sound_scores(answer, designs, fidelity, f"decider {campaign.decider.name}")


def _question(
    campaign: Campaign,
    chunks: tuple[tuple[Observation, ...], ...],
    pending: tuple[Job, ...],
    proposed: tuple[Job, ...],
    unmakeable: tuple[Job, ...],
    left: dict[str, int],
    position: int,
) -> Question:
    observations = tuple(observation for chunk in chunks for observation in chunk)
    return Question(
        campaign=with_sources(campaign, (one.job.fidelity for one in observations)),
        observations=observations,
        pending=pending,
        proposed=proposed,
        unmakeable=unmakeable,
        left=left,
        position=position,
    )
