from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agents.messages import CancelJob, Configure, JobStarted, RunJob
from controller.campaign_file import LoadedCampaign
from controller.compute import Happening
from controller.control import Control, Outcome
from controller.events import CampaignStarted, Dispatched, Paused
from controller.fold import fold
from controller.inbox import Inbox
from controller.journal import Journal
from controller.opening import open_campaign
from controller.order import Abort, Answer, Done, Drain, Look, Order, Pause, Refused, Resume, Seen
from controller.snapshot import Phase
from controller.state import State
from experiments.errors import Invalid
from tests.controller.doubles import FakeCompute, ManualClock, Watcher, small_campaign

Person = Callable[["Session"], Awaitable[None]]


class Session:
    """A control at work on a journal on disk, and a person who talks to it."""

    def __init__(self, path: Path, compute: FakeCompute) -> None:
        self.journal = Journal(path, ManualClock())
        self.inbox = Inbox()
        self.compute = compute
        campaign = small_campaign()
        self.control = Control(
            open_campaign(self.journal, LoadedCampaign(campaign, "small.yaml", "name: small")),
            journal=self.journal,
            compute=compute,
            configure=Configure(campaign=campaign, home="/h", artifact_url="file:///h"),
            view=Watcher(),
            clock=ManualClock(),
            inbox=self.inbox,
        )

    def run(self, person: Person) -> Outcome:
        async def both() -> Outcome:
            work = asyncio.create_task(self.control.run())
            try:
                await asyncio.wait_for(person(self), 20)
                return await asyncio.wait_for(work, 20)
            finally:
                work.cancel()

        try:
            return asyncio.run(both())
        finally:
            self.journal.close()

    async def order(self, order: Order) -> Answer:
        return await self.inbox.ask(order, "anna")

    async def until(self, is_so: Callable[[State], bool]) -> None:
        while not is_so(self.state):
            await asyncio.sleep(0)

    async def settle(self, n_turns: int = 60) -> None:
        """Let the loop turn often enough for anything that would happen to happen."""
        for _ in range(n_turns):
            await asyncio.sleep(0.0015)

    @property
    def state(self) -> State:
        return self.control._state


def observed(n: int) -> Callable[[State], bool]:
    return lambda state: len(state.observations) >= n


class Starting(FakeCompute):
    """A compute that says which jobs a worker has begun, as the real one does."""

    def __init__(self, *, seed: int) -> None:
        super().__init__(seed=seed, is_patient=True)
        self.begun: set[str] = set()

    async def next(self, timeout_s: float) -> list[Happening]:
        told = [
            JobStarted(job_id=job.id, stage="generate")
            for job in list(self.jobs)[: self.n_slots]
            if job.id not in self.begun
        ]
        if told:
            self.begun.update(one.job_id for one in told)
            return list(told)
        return await super().next(timeout_s)


@pytest.mark.parametrize("seed", range(5))
def test_a_pause_lets_finish_what_runs_and_dispatches_nothing(tmp_path: Path, seed: int) -> None:
    compute = Starting(seed=seed)

    async def person(session: Session) -> None:
        await session.until(observed(2 + seed % 3))
        assert isinstance(await session.order(Pause(campaign="small", reason="oven")), Done)
        n_dispatched = len(session.state.dispatches)
        n_sent = sum(isinstance(message, RunJob) for message in compute.sent)
        running = [job.id for job in compute.jobs]
        assert set(running) <= compute.begun
        await session.settle()
        assert not compute.jobs
        assert len(session.state.dispatches) == n_dispatched
        assert sum(isinstance(message, RunJob) for message in compute.sent) == n_sent
        assert set(running) <= set(session.state.observations)
        seen = await session.order(Look(campaign="small"))
        assert isinstance(seen, Seen)
        assert seen.snapshot.phase is Phase.paused
        assert "by anna: oven" in (seen.snapshot.paused or "")
        await session.order(Resume(campaign="small"))

    outcome = Session(tmp_path / "journal.db", compute).run(person)
    assert outcome.ending == "finished"
    assert outcome.state.reason == "budget"
    assert len(outcome.state.observations) == 11
    assert any(isinstance(message, CancelJob) for message in compute.sent)


def test_a_killed_control_comes_back_paused_and_finds_the_same_designs(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    async def pause_and_be_killed(session: Session) -> None:
        await session.until(observed(3))
        await session.order(Pause(campaign="small", reason="night"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Session(path, FakeCompute(is_patient=True)).run(pause_and_be_killed)

    async def wait_and_resume(session: Session) -> None:
        n_dispatched = len(session.state.dispatches)
        await session.settle()
        assert session.state.pause is not None
        assert session.state.pause.reason == "night"
        assert len(session.state.dispatches) == n_dispatched
        assert not any(isinstance(message, RunJob) for message in session.compute.sent)
        await session.order(Resume(campaign="small"))

    paused = Session(path, FakeCompute(is_patient=True)).run(wait_and_resume)

    async def nothing(session: Session) -> None:
        return None

    undisturbed = Session(tmp_path / "other.db", FakeCompute()).run(nothing)
    assert set(paused.state.observations) == set(undisturbed.state.observations)


def test_a_drained_session_ends_in_order_and_the_next_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    async def drain(session: Session) -> None:
        await session.until(observed(3))
        await session.order(Drain(campaign="small", reason="moving"))

    first = Session(path, Starting(seed=1)).run(drain)
    assert first.ending == "stopped as asked"
    assert first.state.phase == "interrupted"
    assert "by anna: moving" in first.state.reason

    async def nothing(session: Session) -> None:
        return None

    second = Session(path, FakeCompute()).run(nothing)
    assert second.ending == "finished"
    assert set(first.state.observations) <= set(second.state.observations)
    assert len(second.state.observations) == 11


def test_an_aborted_campaign_ends_at_once_and_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    compute = FakeCompute(is_patient=True)

    async def abort(session: Session) -> None:
        await session.until(observed(3))
        await session.order(Abort(campaign="small", reason="wrong cathode"))

    outcome = Session(path, compute).run(abort)
    assert outcome.ending == "finished"
    assert compute.is_stopped
    assert outcome.state.is_aborted
    assert not outcome.state.in_flight
    assert len(outcome.state.observations) >= 3
    with pytest.raises(Invalid, match="aborted by anna: wrong cathode; it stays so"):
        Session(path, FakeCompute())


def test_an_order_for_another_campaign_of_the_home_is_carried_out_in_its_place(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path, ManualClock())
    other = small_campaign(name="other")
    journal.append("other", [CampaignStarted(campaign=other, source="", text="")])
    before = fold(journal.read("other"))
    journal.close()

    async def pause_other(session: Session) -> None:
        assert isinstance(await session.order(Pause(campaign="other")), Done)
        assert session.state.pause is None
        refused = await session.order(Pause(campaign="third"))
        assert isinstance(refused, Refused)
        assert "it holds: other, small" in refused.message

    assert Session(path, FakeCompute()).run(pause_other).ending == "finished"
    journal = Journal(path, ManualClock())
    after = fold(journal.read("other"))
    journal.close()
    assert before is not None
    assert after is not None
    assert after.pause is not None
    assert after.sessions == before.sessions


def test_orders_are_events_between_the_others(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"

    async def pause_and_resume(session: Session) -> None:
        await session.until(observed(2))
        await session.order(Pause(campaign="small"))
        await session.order(Resume(campaign="small"))

    session = Session(path, FakeCompute(is_patient=True))
    session.run(pause_and_resume)
    journal = Journal(path, ManualClock())
    kinds = [recorded.event.kind for recorded in journal.read("small")]
    events = [recorded.event for recorded in journal.read("small")]
    journal.close()
    assert kinds.index("unpaused") == kinds.index("paused") + 1
    between = events[kinds.index("paused") : kinds.index("unpaused")]
    assert not any(isinstance(event, Dispatched) for event in between)
    assert isinstance(between[0], Paused)
