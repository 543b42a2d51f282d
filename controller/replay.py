"""Every decision with all it rested on, so that it can be asked again and judged.

On the same machine, with the same versions and threads, the same question gets the same ranking.
"""

from __future__ import annotations

from collections.abc import Iterable

from controller.events import Ranked, Recorded
from controller.fold import fold
from controller.state import State
from experiments.errors import Invalid
from experiments.frozen import Frozen
from experiments.ranking import Question, Ranking


class Decision(Frozen):
    """A question as the decider got it, its answer, and the versions that made it.

    Ask again with ``agents.wiring.decider(question.campaign.decider).rank(question)``; of the
    answer, ``elapsed_s`` differs, and ``diagnosis`` is not stored every time.
    """

    question: Question
    ranking: Ranking
    versions: dict[str, str]
    stage_versions: dict[str, str]


def decisions(events: Iterable[Recorded]) -> tuple[Decision, ...]:
    """Return all decisions of one campaign's events, in order.

    Raises ``Invalid`` for rankings stored before their questions were kept whole.
    """
    state: State | None = None
    found = []
    waiting: list[Recorded] = []
    for recorded in events:
        waiting.append(recorded)
        if isinstance(recorded.event, Ranked):
            state = fold(waiting, state)
            assert state is not None
            found.append(_decision(recorded.event, state))
            waiting = []
    return tuple(found)


def _decision(event: Ranked, state: State) -> Decision:
    """Return a decision, given the state just after its answer came."""
    if event.n_candidates is None:
        raise Invalid(
            f"{state.campaign.name}: its rankings were stored by a version that did not keep their "
            "questions whole, so they cannot be asked again"
        )
    observations = tuple(state.observations.values())[: event.n_observed]
    question = Question(
        campaign=state.campaign,
        observations=observations,
        pending=tuple(state.dispatches[job_id].job for job_id in event.pending),
        left=event.left,
        n_candidates=event.n_candidates,
        position=event.ranking.position,
    )
    return Decision(
        question=question,
        ranking=event.ranking,
        versions=dict(state.versions),
        stage_versions=dict(state.stage_versions),
    )
