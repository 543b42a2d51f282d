from __future__ import annotations

from agents.asker import Asker
from agents.executor import Died
from agents.in_process_executor import InProcessExecutor
from agents.messages import (
    LEARN_CHUNK,
    Answered,
    Ask,
    AskFailed,
    Score,
    Scored,
    ScoreFailed,
)
from experiments.campaign import PartChoice
from experiments.design import Design
from experiments.job import new_job
from experiments.observation import Metric, Observation
from tests.agents.tiny_campaign import tiny_campaign

CAMPAIGN = tiny_campaign()


def observations(n: int) -> tuple[Observation, ...]:
    """Return observations of the first designs of the decider's own sequence, and then some."""
    return tuple(
        Observation(
            job=new_job(
                CAMPAIGN.name,
                Design(
                    values={"positive.porosity": 0.3 + 0.2 * i / n, "positive.thickness_um": 50.0}
                ),
                "coarse",
                campaign_seed=1,
            ),
            metrics={"specific_energy_Wh_per_kg": Metric(value=200.0 + i)},
        )
        for i in range(n)
    )


def question(**changes: object) -> Ask:
    fields: dict[str, object] = {
        "request_id": "q1",
        "left": {"coarse": 4, "fine": 2},
        "n_candidates": 2,
        "position": 5,
    }
    return Ask(**{**fields, **changes})


def answer(
    asker: Asker, executor: InProcessExecutor
) -> Answered | AskFailed | Scored | ScoreFailed:
    found = [asker.accept(finished) for finished in executor.wait(0.0)]
    assert len(found) == 1
    assert found[0] is not None
    return found[0]


def test_a_question_is_answered_with_a_ranking() -> None:
    executor = InProcessExecutor()
    asker = Asker(executor, CAMPAIGN)
    asker.ask(question())
    assert asker.is_busy
    found = answer(asker, executor)
    assert isinstance(found, Answered)
    assert found.request_id == "q1"
    assert found.ranking.position == 5
    assert len(found.ranking.candidates) == 2
    assert not asker.is_busy


def test_everything_learnt_reaches_the_decider_in_order() -> None:
    executor = InProcessExecutor()
    asker = Asker(executor, CAMPAIGN)
    learnt = observations(LEARN_CHUNK + 30)
    asker.learn(learnt[:150])
    asker.learn(learnt[150:])
    asker.ask(question())
    found = answer(asker, executor)
    assert isinstance(found, Answered)
    assert found.ranking.recommended is not None or found.ranking.candidates


def test_a_decider_that_raises_or_dies_is_a_failed_question() -> None:
    executor = InProcessExecutor()
    asker = Asker(executor, tiny_campaign(decider=PartChoice(name="nobody")))
    asker.ask(question())
    found = answer(asker, executor)
    assert isinstance(found, AskFailed)
    assert "nobody" in found.message
    asker.ask(question(request_id="q2"))
    (finished,) = executor.wait(0.0)
    died = asker.accept(Died(finished.handle, "killed"))
    assert died == AskFailed(request_id="q2", message="its worker died: killed")


def test_designs_in_somebodys_mind_are_scored_after_everything_learnt() -> None:
    executor = InProcessExecutor()
    asker = Asker(executor, tiny_campaign(decider=PartChoice(name="cellwright")))
    learnt = observations(12)
    asker.learn(learnt)
    asked = {"left": {"coarse": 4, "fine": 2}, "position": 5, "fidelity": "coarse"}
    asker.score(Score(request_id="s1", designs=(learnt[3].job.design,), **asked))
    assert asker.is_busy
    found = answer(asker, executor)
    assert isinstance(found, Scored)
    assert (found.request_id, found.scores.n_observed) == ("s1", 12)
    assert found.scores.candidates[0].predicted["specific_energy_Wh_per_kg"].low is not None
    assert not asker.is_busy


def test_a_decider_that_scores_no_designs_says_so() -> None:
    executor = InProcessExecutor()
    asker = Asker(executor, tiny_campaign(decider=PartChoice(name="sobol")))
    design = observations(1)[0].job.design
    asker.score(Score(request_id="s1", designs=(design,), fidelity="fine", left={}, position=0))
    found = answer(asker, executor)
    assert isinstance(found, ScoreFailed)
    assert "sobol scores only what it proposes itself" in found.message
