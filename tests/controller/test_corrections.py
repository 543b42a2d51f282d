from __future__ import annotations

from pathlib import Path

import pytest

from agents.messages import Ask, Forget
from controller.events import Aborted, Corrected, Retracted
from controller.fold import fold
from controller.journal import Journal
from controller.obey import carry_out, obey
from controller.order import Correct, Done, Retract
from controller.packing import packed
from controller.results import measured_best
from controller.state import State
from experiments.errors import InternalError, Invalid
from experiments.observation import FailureKind
from tests.controller.doubles import FakeCompute, ManualClock, MemoryJournal, fail
from tests.controller.test_control_orders import Session
from tests.controller.test_upgrade import World

ENERGY = "specific_energy_Wh_per_kg"
WHY = "the balance was off"


def finished(tmp_path: Path) -> World:
    world = World(tmp_path)
    assert world.session(FakeCompute()).ending == "finished"
    return world


def after(state: State, *events: object) -> State:
    journal = MemoryJournal()
    journal.epoch = state.sessions[-1].epoch
    found = fold(journal.append("small", list(events)), state)
    assert found is not None
    return found


def best_id(state: State) -> str:
    best = measured_best(state)
    assert best is not None
    return best.job.id


def test_a_retracted_result_is_not_the_best_any_more_and_what_it_cost_stays_spent(tmp_path):
    before = finished(tmp_path).state
    wrong = best_id(before)
    state = after(before, Retracted(job_id=wrong, by="anna", reason=WHY))
    assert wrong not in state.observations
    assert wrong not in state.observed_at
    assert state.set_aside[wrong] == before.observations[wrong]
    assert best_id(state) != wrong
    assert state.usage == before.usage
    assert state.n_dispatched == before.n_dispatched
    assert state.recommended is None
    assert state.asked is None
    assert state.phase == "interrupted"


def test_a_corrected_value_counts_and_the_wrong_one_is_told(tmp_path):
    before = finished(tmp_path).state
    wrong = best_id(before)
    was = before.observations[wrong].value(ENERGY)
    state = after(before, Corrected(job_id=wrong, metric=ENERGY, value=11.5, by="anna", reason=WHY))
    mended = state.observations[wrong]
    assert mended.value(ENERGY) == 11.5
    assert mended.metrics[ENERGY].samples == ()
    assert mended.flags[-1] == f"{ENERGY} corrected from {was:.6g} by anna: {WHY}"
    assert before.observations[wrong].value(ENERGY) == was
    assert list(state.observations) == list(before.observations)
    assert best_id(state) != wrong


def test_a_packed_state_changes_alike(tmp_path):
    before = finished(tmp_path).state
    first, *_, last = before.observations
    events = (
        Retracted(job_id=first, by="anna", reason=WHY),
        Corrected(job_id=last, metric=ENERGY, value=1.0, by="anna", reason=WHY),
    )
    assert after(packed(before), *events) == after(before, *events)


def test_a_finished_campaign_asks_again_and_finds_another_best(tmp_path):
    world = finished(tmp_path)
    wrong = best_id(world.state)
    compute = FakeCompute()

    journal = Journal(world.path, ManualClock())
    done = carry_out(journal, Retract(campaign="small", job_id=wrong, reason=WHY), "anna")
    journal.close()
    assert "taken back; cellwright run small asks the decider again" in done.message
    outcome = world.session(compute)
    assert outcome.ending == "finished"
    assert any(isinstance(message, Ask) for message in compute.sent)
    assert wrong not in {one.job.id for one in compute.learned}
    assert best_id(world.state) != wrong


def test_compute_forgets_what_it_was_told_and_is_told_anew(tmp_path):
    compute = FakeCompute(is_patient=True)
    session = Session(tmp_path / "journal.db", compute)
    told = []

    async def person(session: Session) -> None:
        await session.until(lambda state: len(state.observations) >= 3)
        wrong = next(iter(session.state.observations))
        answer = await session.order(Retract(campaign="small", job_id=wrong, reason=WHY))
        assert isinstance(answer, Done)
        told.append(wrong)

    outcome = session.run(person)
    assert outcome.ending == "finished"
    assert sum(isinstance(message, Forget) for message in compute.sent) == 1
    learned = [one.job.id for one in compute.learned]
    assert learned == list(outcome.state.observations)
    assert told[0] not in learned


def test_the_design_of_a_retracted_result_can_be_measured_anew(tmp_path):
    compute = FakeCompute(is_patient=True)
    session = Session(tmp_path / "journal.db", compute)

    async def person(session: Session) -> None:
        await session.until(lambda state: len(state.n_dispatched) and len(state.observations) >= 4)
        wrong = next(
            one for one in session.state.observations.values() if one.job.purpose == "search"
        )
        await session.order(Retract(campaign="small", job_id=wrong.job.id, reason=WHY))
        session.wrong = wrong.job

    state = session.run(person).state
    assert state.n_dispatched == {"coarse": 6, "fine": 3}
    again = [
        one.job
        for one in state.observations.values()
        if one.job.design == session.wrong.design and one.job.fidelity == session.wrong.fidelity
    ]
    assert [job.seed != session.wrong.seed for job in again] in ([True], [])


@pytest.mark.parametrize("order", [Retract, Correct])
def test_what_cannot_be_mended_is_refused_with_the_reason(tmp_path, order):
    state = finished(tmp_path).state
    extra = {} if order is Retract else {"metric": ENERGY, "value": 1.0}

    def refused(job_id, state=state, **changed):
        asked = order(campaign="small", job_id=job_id, reason=WHY, **{**extra, **changed})
        with pytest.raises(Invalid) as error:
            obey(asked, state, "anna", has_session=False)
        return error.value.message

    assert "has no result; nothing to" in refused("nobody")
    gone = best_id(state)
    without = after(state, Retracted(job_id=gone, by="anna", reason=WHY))
    assert "was taken back" in refused(gone, without)
    if order is Correct:
        assert f"no metric 'weight'; it has {ENERGY}" in refused(gone, metric="weight")


def test_a_failure_has_no_metric_to_correct(tmp_path):
    world = World(tmp_path)
    world.session(FakeCompute(result=lambda job: fail(job, FailureKind.not_percolating)))
    job_id = next(iter(world.state.observations))
    order = Correct(campaign="small", job_id=job_id, metric=ENERGY, value=1.0, reason=WHY)
    with pytest.raises(Invalid, match="it failed"):
        obey(order, world.state, "anna", has_session=False)


def test_an_aborted_campaign_stays_ended(tmp_path):
    state = World(tmp_path).begin()
    job_id = next(iter(state.observations))
    ended = after(state, Aborted(by="anna"), Retracted(job_id=job_id, by="anna", reason=WHY))
    assert ended.phase == "finished"


def test_events_that_no_control_may_write_are_internal_errors(tmp_path):
    state = finished(tmp_path).state
    with pytest.raises(InternalError, match="has no result"):
        after(state, Retracted(job_id="nobody", by="anna", reason=WHY))
