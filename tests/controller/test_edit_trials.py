"""Edits go by way of the decider; every other order goes straight on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from agents.acquisition.cellwright import CellwrightDecider
from agents.asker import Asker
from agents.in_process_executor import InProcessExecutor
from agents.messages import Score, Scored, ScoreFailed
from agents.wiring import decider
from controller.build_orders import Edit, TryEdit, Withdraw
from controller.compute import Happening, Lost
from controller.edit_trials import MOST_HELD, EditTrials
from controller.events import Dispatched, Observed, Resumed
from controller.inbox import Waiting
from controller.obey import obey
from controller.order import BUSY, Order, Refused
from controller.proposal_events import Proposed
from experiments.campaign import PartChoice
from experiments.frozen import Frozen
from experiments.job import new_job
from experiments.ranking import Question
from tests.controller.build_doubles import Book, building_campaign, job_at, person, proposal_at
from tests.controller.build_doubles import request_at as plain_request
from tests.controller.doubles import ManualClock, observe

KEY = "specific_energy_Wh_per_kg"
MODEL = f"cellwright {CellwrightDecider.version}"
CAMPAIGN = building_campaign().model_copy(update={"decider": PartChoice(name="cellwright")})


class Deciding:
    """Compute's part that answers questions, in this process: the real decider, nothing else."""

    def __init__(self) -> None:
        self.executor = InProcessExecutor()
        self.asker = Asker(self.executor, CAMPAIGN)
        self.sent: list[Frozen] = []

    def send(self, message: Frozen) -> None:
        self.sent.append(message)
        assert isinstance(message, Score)
        self.asker.score(message)

    def happenings(self) -> list[Happening]:
        found = [self.asker.accept(one) for one in self.executor.wait(0.0)]
        return [one for one in found if one is not None]


@pytest.fixture(scope="module")
def book() -> Book:
    """Return a campaign with ten results at two levels, and a build the decider asked for."""
    made = Book(CAMPAIGN)
    made.write(Resumed())
    for n in range(10):
        level = "coarse" if n % 2 else "cell"
        design = CAMPAIGN.design.from_unit([0.05 + 0.09 * n])
        job = new_job(CAMPAIGN.name, design, level, campaign_seed=CAMPAIGN.seed)
        made.write(Dispatched(job=job), Observed(observation=observe(job)))
    plain = proposal_at(0.42, campaign=CAMPAIGN)
    request = plain.request.model_copy(update={"model_version": MODEL})
    made.write(
        Proposed(proposal=plain.model_copy(update={"request": request, "digest": request.digest}))
    )
    return made


@pytest.fixture
def compute(book: Book) -> Deciding:
    made = Deciding()
    made.asker.learn(tuple(book.state.observations.values()))
    return made


@pytest.fixture(autouse=True)
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield made
    asyncio.set_event_loop(None)
    made.close()


def waiting(order: Order) -> Waiting:
    return Waiting(order, "bo", asyncio.get_event_loop_policy().get_event_loop().create_future())


def try_edit(
    book: Book, unit: float = 0.9, kind: type = TryEdit, n_cells: int = 3, by: str = "bo"
) -> Order:
    digest = book.state.proposals["p1"].proposal.digest
    request = plain_request(unit, CAMPAIGN, model_version=MODEL, n_cells=n_cells)
    about = {"campaign": CAMPAIGN.name, "proposal_id": "p1", "digest": digest}
    return kind(**about, request=request, by=person(by))


def trials(compute: Deciding, clock: ManualClock | None = None, patience_s: float = 20.0):
    return EditTrials(compute, clock or ManualClock(), None, patience_s=patience_s)


def test_an_edit_is_scored_by_the_decider_with_everything_it_knows(book, compute) -> None:
    desk = trials(compute)
    order = try_edit(book)
    assert list(desk.ready([waiting(order)], book.state, 2)) == []
    assert desk.hear(compute.happenings()) == []
    ((held, at),) = desk.ready([], book.state, 2)
    assert held.order is order
    tried = obey(held.order, book.state, "bo", has_session=True, at=at).proposal
    assert tried is not None
    assert tried.rescored is not None
    assert tried.rescored.n_observed == 10
    found = tried.predicted[KEY]
    assert found.low < found.mean < found.high
    assert found.mean < 196  # observe() gives 186.6 there, and 200 at the best
    assert tried.rescored.given_up > 0


def test_the_score_is_the_decider_s_own_answer_to_the_same_question(book, compute) -> None:
    desk = trials(compute)
    list(desk.ready([waiting(try_edit(book))], book.state, 2))
    (asked,) = compute.sent
    desk.hear(compute.happenings())
    ((_, at),) = desk.ready([], book.state, 2)
    question = Question(
        campaign=CAMPAIGN,
        observations=tuple(book.state.observations.values()),
        left=asked.left,
        position=asked.position,
    )
    own = decider(CAMPAIGN.decider).score(
        question, (job_at(0.42).design, job_at(0.9).design), "cell"
    )
    assert at.scores.model_copy(update={"elapsed_s": 0.0}) == own.model_copy(
        update={"elapsed_s": 0.0}
    )
    assert asked.proposed == ()  # the proposal itself is not held against the designs


def test_what_needs_no_score_goes_straight_on(book, compute) -> None:
    desk = trials(compute)
    digest = book.state.proposals["p1"].proposal.digest
    withdraw = Withdraw(campaign=CAMPAIGN.name, proposal_id="p1", digest=digest, by=person("bo"))
    more_cells = try_edit(book, 0.42, Edit, n_cells=4)
    stale = try_edit(book).model_copy(update={"digest": "0" * 64})
    elsewhere = try_edit(book).model_copy(update={"campaign": "another"})
    taken = [waiting(one) for one in (withdraw, more_cells, stale, elsewhere)]
    assert [one.waiting for one in desk.ready(taken, book.state, 2)] == taken
    assert compute.sent == []


def test_without_compute_the_edit_goes_on_and_says_why_it_is_not_scored(book, compute) -> None:
    ((_, at),) = trials(compute).ready([waiting(try_edit(book))], book.state, 0)
    assert (at.scores, at.unscored) == (None, "compute is not ready yet")


def test_a_decider_that_fails_is_quoted(book, compute) -> None:
    desk = trials(compute)
    list(desk.ready([waiting(try_edit(book))], book.state, 2))
    desk.hear([ScoreFailed(request_id=compute.sent[0].request_id, message="the model failed: NaN")])
    ((_, at),) = desk.ready([], book.state, 2)
    assert at.unscored == "the model failed: NaN"


@pytest.mark.parametrize("how", ["silence", "loss"])
def test_silence_and_a_lost_compute_hold_no_edit_up(book, compute, how) -> None:
    clock = ManualClock()
    desk = trials(compute, clock)
    list(desk.ready([waiting(try_edit(book, kind=Edit))], book.state, 2))
    assert list(desk.ready([], book.state, 2)) == []
    if how == "silence":
        clock.seconds += 25
    else:
        lost = Lost("it died")
        assert desk.hear([lost]) == [lost]
    ((ready, at),) = desk.ready([], book.state, 2)
    assert isinstance(ready.order, Edit)
    assert "20 s" in at.unscored if how == "silence" else "replaced" in at.unscored
    late = Scored(request_id=compute.sent[0].request_id, scores=_any_scores(compute))
    assert desk.hear([late]) == []
    assert list(desk.ready([], book.state, 2)) == []


def test_a_newer_edit_answers_the_older_of_the_same_person_at_once(book, compute) -> None:
    desk = trials(compute)
    older, newer = waiting(try_edit(book, 0.9)), waiting(try_edit(book, 0.8))
    of_another = waiting(try_edit(book, 0.7, by="cy"))
    list(desk.ready([older, of_another], book.state, 2))
    list(desk.ready([newer], book.state, 2))
    assert older.reply.result() == Refused(message="a newer edit was put", reason="superseded")
    assert not newer.reply.done()
    assert not of_another.reply.done()


def test_the_decider_is_at_one_edit_at_a_time_whatever_became_of_it(book, compute) -> None:
    desk = trials(compute)
    for n in range(20):
        list(desk.ready([waiting(try_edit(book, 0.5 + 0.01 * n))], book.state, 2))
    last = waiting(try_edit(book, 0.9))
    list(desk.ready([last], book.state, 2))
    assert len(compute.sent) == 1
    desk.hear(compute.happenings())  # about the first, which nobody waits for any more
    assert list(desk.ready([], book.state, 2)) == []
    assert len(compute.sent) == 2
    assert compute.sent[1].designs[1] == last.order.request.design
    desk.hear(compute.happenings())
    ((held, at),) = desk.ready([], book.state, 2)
    assert held is last
    assert at.scores.candidates[1].design == last.order.request.design
    assert len(compute.sent) == 2


def test_a_new_compute_is_asked_though_the_old_one_never_answered(book, compute) -> None:
    desk = trials(compute)
    list(desk.ready([waiting(try_edit(book))], book.state, 2))
    desk.hear([Lost("it died")])
    assert len(list(desk.ready([], book.state, 2))) == 1
    list(desk.ready([waiting(try_edit(book, 0.8))], book.state, 2))
    assert len(compute.sent) == 2


def test_few_edits_wait_and_the_next_is_told_to_try_again(book, compute) -> None:
    desk = trials(compute)
    people = [waiting(try_edit(book, by=f"person{n}")) for n in range(MOST_HELD + 1)]
    assert list(desk.ready(people, book.state, 2)) == []
    assert [one.reply.done() for one in people] == [False] * MOST_HELD + [True]
    refused = people[-1].reply.result()
    assert isinstance(refused, Refused)
    assert refused.reason == BUSY
    assert "busy" in refused.message
    assert "try again" in refused.message
    again = waiting(try_edit(book, 0.8, by="person0"))  # their own place is theirs
    list(desk.ready([again], book.state, 2))
    assert not again.reply.done()
    desk.hear(compute.happenings())
    list(desk.ready([], book.state, 2))


def test_whoever_waits_is_answered_when_control_ends(book, compute) -> None:
    desk = trials(compute)
    held = [waiting(try_edit(book)), waiting(try_edit(book, kind=Edit, by="cy"))]
    list(desk.ready(held, book.state, 2))
    desk.close()
    words = "control ended before the edit was carried out"
    assert [one.reply.result() for one in held] == [Refused(message=words)] * 2
    assert list(desk.ready([], book.state, 2)) == []


def _any_scores(compute: Deciding):
    (found,) = compute.happenings()
    assert isinstance(found, Scored)
    return found.scores
