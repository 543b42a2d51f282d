"""Every ranking with the whole question it answers, so that it can be asked again and judged.

On the same machine, with the same versions and threads, the same question gets the same ranking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.events import Ranked, Recorded
from controller.fold import fold
from controller.state import State
from experiments.frozen import Frozen
from experiments.ranking import Question, Ranking


class AnsweredQuestion(Frozen):
    """A question as the decider got it, its answer, and the versions that made it.

    Ask again with ``agents.wiring.decider(question.campaign.decider).rank(question)``; of the
    answer, ``elapsed_s`` differs, and ``diagnosis`` is not stored every time.
    """

    question: Question
    ranking: Ranking
    versions: dict[str, str]
    stage_versions: dict[str, str]


def answered_questions(events: Iterable[Recorded]) -> Iterator[AnsweredQuestion]:
    """Yield every question of one campaign's events with its answer, in order.

    Rankings stored before their questions were kept whole are left out.
    """
    state: State | None = None
    waiting: list[Recorded] = []
    for recorded in events:
        waiting.append(recorded)
        event = recorded.event
        if isinstance(event, Ranked) and event.n_candidates is not None:
            state = fold(waiting, state)
            assert state is not None
            yield _answered(event, event.n_candidates, state)
            waiting = []


def _answered(event: Ranked, n_candidates: int, state: State) -> AnsweredQuestion:
    """Return a question with its answer, given the state just after its answer came."""
    observations = tuple(state.observations.values())[: event.n_observed]
    question = Question(
        campaign=state.campaign,
        observations=observations,
        pending=tuple(state.dispatches[job_id].job for job_id in event.pending),
        proposed=tuple(state.proposals[one].proposal.job for one in event.proposed),
        unmakeable=tuple(state.proposals[one].proposal.job for one in event.unmakeable),
        left=event.left,
        n_candidates=n_candidates,
        position=event.ranking.position,
    )
    return AnsweredQuestion(
        question=question,
        ranking=event.ranking,
        versions=dict(state.versions),
        stage_versions=dict(state.stage_versions),
    )
