"""An edit given to a control at work: held for the decider's word, answered, and stored with it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from agents.messages import Configure, Score, Scored, ScoreFailed
from controller.build_orders import Edit, TryEdit
from controller.campaign_file import LoadedCampaign
from controller.compute import Happening
from controller.control import Control
from controller.inbox import Inbox
from controller.journal import Journal
from controller.opening import open_campaign
from controller.order import Done, Look, Order, Pause, Refused, Seen
from controller.proposal_events import Proposed
from experiments.frozen import Frozen
from experiments.proposal import Proposal
from experiments.ranking import Candidate, Prediction, Scores
from tests.controller.build_doubles import building_campaign, person, proposal_at, request_at
from tests.controller.doubles import FakeCompute, ManualClock, Watcher

CAMPAIGN = building_campaign()
KEY = "specific_energy_Wh_per_kg"
MODEL = "sequence 1"


class Scoring(FakeCompute):
    """A compute whose decider says what it makes of designs once it is let."""

    def __init__(self) -> None:
        super().__init__(is_patient=True)
        self.questions: deque[Score] = deque()
        self.may_answer = False
        self.fails = False
        self.n_answered = 2

    def send(self, message: Frozen) -> None:
        if isinstance(message, Score):
            self.questions.append(message)
        else:
            super().send(message)

    async def next(self, timeout_s: float) -> list[Happening]:
        if self.questions and self.may_answer:
            return [self._answer(self.questions.popleft())]
        return await super().next(timeout_s)

    def _answer(self, asked: Score) -> Happening:
        if self.fails:
            return ScoreFailed(request_id=asked.request_id, message="its worker died: killed")
        found = Prediction(mean=197.0, sd=3.0, low=191.0, high=203.0)
        candidates = tuple(
            Candidate(
                design=one, fidelity="cell", score=-1.0 - n, predicted={KEY: found}, reason="best"
            )
            for n, one in enumerate((*asked.designs, *asked.designs)[: self.n_answered])
        )
        scores = Scores(
            position=asked.position,
            decider="sequence",
            decider_version="1",
            n_observed=len(self.learned),
            measured_in="log of the expected improvement",
            is_log_gain=True,
            candidates=candidates,
        )
        return Scored(request_id=asked.request_id, scores=scores)


def order(kind: type[Edit] | type[TryEdit], digest: str) -> Order:
    request = request_at(0.7, CAMPAIGN, model_version=MODEL)
    about = {"campaign": CAMPAIGN.name, "proposal_id": "p1", "digest": digest}
    return kind(**about, request=request, by=person("bo"))


class AtWork(NamedTuple):
    """A control about to work on a campaign with one proposal."""

    control: Control
    compute: Scoring
    inbox: Inbox
    proposal: Proposal

    async def with_person(self, person_s_part: Callable[[], Awaitable[None]]) -> None:
        """Let it work while a person does their part, which ends it."""
        work = asyncio.create_task(self.control.run())
        try:
            await asyncio.wait_for(person_s_part(), 60)
            await asyncio.wait_for(work, 60)
        finally:
            work.cancel()


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[AtWork]:
    journal = Journal(tmp_path / "journal.db", ManualClock())
    loaded = LoadedCampaign(CAMPAIGN, "small.yaml", "name: small")
    open_campaign(journal, loaded)
    plain = proposal_at(0.4, campaign=CAMPAIGN)
    request = plain.request.model_copy(update={"model_version": MODEL})
    proposal = plain.model_copy(update={"request": request, "digest": request.digest})
    journal.append(CAMPAIGN.name, [Proposed(proposal=proposal)])
    compute, inbox = Scoring(), Inbox()
    control = Control(
        open_campaign(journal, loaded),
        journal=journal,
        compute=compute,
        configure=Configure(campaign=CAMPAIGN, home="/h", artifact_url="file:///h"),
        view=Watcher(),
        clock=ManualClock(),
        inbox=inbox,
    )
    yield AtWork(control, compute, inbox, proposal)
    journal.close()


def test_an_edit_waits_for_the_decider_and_nothing_waits_for_the_edit(at_work: AtWork) -> None:
    control, compute, inbox, proposal = at_work

    async def person_s_part() -> None:
        while not control._talk.n_slots:
            await asyncio.sleep(0.001)
        assert isinstance(await inbox.ask(Pause(campaign=CAMPAIGN.name), "bo"), Done)
        trying = asyncio.create_task(inbox.ask(order(TryEdit, proposal.digest), "bo"))
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert isinstance(await inbox.ask(Look(campaign=CAMPAIGN.name), "bo"), Seen)
        assert not trying.done()
        compute.may_answer = True
        tried = await trying
        assert isinstance(tried, Done)
        assert tried.proposal is not None
        assert tried.proposal.predicted[KEY].mean == 197.0
        assert control._state.proposals["p1"].proposal.version == 1
        assert isinstance(await inbox.ask(order(Edit, proposal.digest), "bo"), Done)
        stored = control._state.proposals["p1"].proposal
        assert stored.predicted == tried.proposal.predicted
        assert stored.rescored is not None
        assert stored.rescored == tried.proposal.rescored
        compute.fails = True
        back = Edit.model_validate(
            {
                **order(Edit, stored.digest).model_dump(),
                "request": request_at(0.3, CAMPAIGN, model_version=MODEL),
            }
        )
        assert isinstance(await inbox.ask(back, "bo"), Done)
        assert control._state.proposals["p1"].proposal.unscored == "its worker died: killed"
        control.ask_to_stop("done")

    asyncio.run(at_work.with_person(person_s_part))


def test_an_edit_that_waits_is_answered_when_control_ends(at_work: AtWork) -> None:
    control, compute, inbox, proposal = at_work

    async def person_s_part() -> None:
        while not control._talk.n_slots:
            await asyncio.sleep(0.001)
        asking = asyncio.create_task(inbox.ask(order(Edit, proposal.digest), "bo"))
        while not compute.questions:
            await asyncio.sleep(0.001)
        control.ask_to_stop("done")
        answer = await asyncio.wait_for(asking, 5)
        assert answer == Refused(message="control ended before the edit was carried out")
        assert control._state.proposals["p1"].proposal.version == 1

    asyncio.run(at_work.with_person(person_s_part))


@pytest.mark.parametrize("n", [1, 3])
def test_an_answer_about_another_number_of_designs_ends_nothing(at_work: AtWork, n: int) -> None:
    control, compute, inbox, proposal = at_work
    compute.may_answer, compute.n_answered = True, n

    async def person_s_part() -> None:
        while not control._talk.n_slots:
            await asyncio.sleep(0.001)
        tried = await inbox.ask(order(TryEdit, proposal.digest), "bo")
        assert isinstance(tried, Done)
        assert tried.proposal is not None
        assert tried.proposal.unscored == f"the decider answered about {n} designs instead of 2"
        assert isinstance(await inbox.ask(Look(campaign=CAMPAIGN.name), "bo"), Seen)
        control.ask_to_stop("done")

    asyncio.run(at_work.with_person(person_s_part))
