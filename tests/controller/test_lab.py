"""Whole sessions of control with a lab over real HTTP: simulations and builds side by side."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agents.messages import Ask
from controller.fold import fold
from controller.inbox import Inbox
from controller.journal import JournalReader
from controller.lab import Lab
from controller.lab_link import LabLink
from controller.lab_opening import require_instrument
from controller.order import Abort
from controller.proposal_events import Submitting
from controller.state import State
from controller.trace import trace
from experiments.approval import Approval
from experiments.budget import Budget
from experiments.campaign import Campaign
from experiments.errors import InternalError, Invalid
from experiments.ranking import Ranking
from instruments.http_lab import HttpLab
from tests.controller.build_doubles import Book, building_campaign
from tests.controller.doubles import FakeCompute, ManualClock, sequence_ranking
from tests.controller.lab_doubles import make_linear, queue
from tests.controller.test_control import World
from tests.instruments.a_build import SECRET
from tests.instruments.running_lab import running_lab

BY_POLICY = Approval(policy="approve_simulated")


def rank(ask: Ask, campaign: Campaign, seen: list[Any]) -> Ranking:
    """Rank as if proposals were jobs under way: none is asked for twice."""
    together = ask.model_copy(update={"pending": (*ask.pending, *ask.proposed)})
    ranking = sequence_ranking(together, campaign, seen)
    newest = tuple(reversed(ranking.candidates))  # the level that is built first
    return ranking.model_copy(update={"candidates": newest})


def seen(world: World) -> State:
    """Return the state while a control works, without taking the journal over."""
    with JournalReader(world.path) as journal:
        state = fold(journal.read(world.campaign.name))
    assert state is not None
    return state


def lab_at(address: str, folder: Path) -> Lab:
    adapter = HttpLab("bench", address, SECRET, folder / "spool", is_simulated=True, timeout_s=2.0)
    link = LabLink(adapter, SECRET)
    return Lab(link, ManualClock(), log=lambda _: None, poll_s=0.05)


def test_a_campaign_by_policy_builds_every_cell_once_and_ends(tmp_path: Path) -> None:
    budget = Budget(evaluations={"coarse": 4, "fine": 2, "cell": 3}, cells=9)
    world = World(tmp_path, building_campaign(budget=budget, approval=BY_POLICY))
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        compute = FakeCompute(rank=rank, is_patient=True)
        outcome = world.session(compute, lab=lab_at(lab.address, tmp_path))
        coatings = lab.coatings()
    state = world.state()
    assert (outcome.ending, state.reason) == ("finished", "budget")
    assert len(coatings) == len(set(coatings)) == 3
    assert set(coatings) == set(state.builds)
    levels = [one.job.fidelity for one in state.observations.values()]
    assert sorted(levels) == ["cell"] * 3 + ["coarse"] * 4 + ["fine"] * 2
    assert all(build.stage == "measured" for build in state.builds.values())
    assert {one.job.id for one in compute.learned} == set(state.observations)


def test_simulations_end_while_a_person_sleeps_and_the_session_goes_on_waiting(
    tmp_path: Path,
) -> None:
    budget = Budget(evaluations={"coarse": 4, "fine": 2, "cell": 3})
    world = World(tmp_path, building_campaign(budget=budget))

    class Impatient(FakeCompute):
        """Stops the session once nothing has been to do for a while."""

        idle = 0

        async def next(self, timeout_s: float):
            self.idle = 0 if self.jobs or self.asks else self.idle + 1
            if self.idle > 200:
                raise TimeoutError
            return await super().next(timeout_s)

    with (
        running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab,
        pytest.raises(TimeoutError),
    ):
        world.session(Impatient(rank=rank, is_patient=True), lab=lab_at(lab.address, tmp_path))
    state = world.state()
    assert {one.job.fidelity for one in state.observations.values()} == {"coarse", "fine"}
    assert len(state.observations) == 6
    assert len(state.open_proposals) == 2
    assert not state.builds
    assert state.phase == "running"


def test_a_session_that_ends_leaves_its_builds_to_the_next_one(tmp_path: Path) -> None:
    budget = Budget(evaluations={"coarse": 1, "cell": 2})
    world = World(tmp_path, building_campaign(budget=budget, approval=BY_POLICY))

    class Stopping(FakeCompute):
        """Falls over as soon as the lab has every build."""

        async def next(self, timeout_s: float):
            await asyncio.sleep(0.01)
            stages = {build.stage for build in seen(world).builds.values()}
            if stages and stages <= {"submitted", "running"}:
                raise ConnectionError
            return await super().next(timeout_s)

    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        with pytest.raises(ConnectionError):
            world.session(Stopping(rank=rank, is_patient=True), lab=lab_at(lab.address, tmp_path))
        assert seen(world).open_builds
        compute = FakeCompute(rank=rank, is_patient=True)
        outcome = world.session(compute, lab=lab_at(lab.address, tmp_path))
        coatings = lab.coatings()
    assert outcome.ending == "finished"
    assert len(coatings) == len(set(coatings)) == 2


def test_a_campaign_that_is_aborted_has_its_builds_stopped_in_the_lab(tmp_path: Path) -> None:
    budget = Budget(evaluations={"coarse": 1, "cell": 1})
    world = World(tmp_path, building_campaign(budget=budget, approval=BY_POLICY))
    inbox = Inbox()

    class Aborting(FakeCompute):
        """Has somebody abort the campaign as soon as the lab has the build."""

        order: Any = None

        async def next(self, timeout_s: float):
            await asyncio.sleep(0.01)
            stages = {build.stage for build in seen(world).builds.values()}
            if self.order is None and stages & {"submitted", "running"}:
                abort = Abort(campaign=world.campaign.name, reason="smoke")
                self.order = asyncio.create_task(inbox.ask(abort, "anna"))
            return await super().next(timeout_s)

    with running_lab(tmp_path / "lab", scale=1.0) as lab:
        compute = Aborting(rank=rank, is_patient=True)
        world.session(compute, lab=lab_at(lab.address, tmp_path), inbox=inbox)
        (build,) = world.state().builds.values()

        async def told() -> str:
            adapter = HttpLab("bench", lab.address, SECRET, tmp_path / "spool", is_simulated=True)
            status = await adapter.status(build.build.id)
            await adapter.close()
            return status.state

        assert asyncio.run(told()) == "aborted"
    assert (build.stage, build.reason) == ("failed", "aborted by anna: smoke")
    assert not world.state().open_proposals


def write_instruments(home: Path, **changes: object) -> None:
    entry = {"name": "bench", "kind": "http-lab", "address": "http://127.0.0.1:9", **changes}
    lines = "".join(f"    {key}: {value}\n" for key, value in entry.items())
    text = f"instruments:\n  -\n{lines}    secret_file: secret\n"
    (home / "instruments.yaml").write_text(text)
    (home / "instruments.yaml").chmod(0o644)


def test_a_campaign_whose_instrument_nobody_administers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="has no instrument 'bench'; it has: none"):
        require_instrument(building_campaign(), tmp_path)
    write_instruments(tmp_path, name="another")
    with pytest.raises(Invalid, match="it has: another"):
        require_instrument(building_campaign(), tmp_path)


def test_a_policy_needs_an_instrument_that_the_administrator_calls_simulated(
    tmp_path: Path,
) -> None:
    campaign = building_campaign(approval=BY_POLICY)
    write_instruments(tmp_path)
    with pytest.raises(Invalid, match="needs a simulated instrument"):
        require_instrument(campaign, tmp_path)
    assert require_instrument(building_campaign(), tmp_path) is not None
    write_instruments(tmp_path, simulated="true")
    assert require_instrument(campaign, tmp_path) is not None


def test_the_order_is_in_the_journal_before_it_leaves(tmp_path: Path) -> None:
    budget = Budget(evaluations={"coarse": 1, "cell": 1})
    world = World(tmp_path, building_campaign(budget=budget, approval=BY_POLICY))
    stages: list[str] = []

    class Watching(HttpLab):
        async def submit(self, build, epoch):
            stages.append(seen(world).builds[build.build.id].stage)
            return await super().submit(build, epoch)

    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        adapter = Watching(
            "bench", lab.address, SECRET, tmp_path / "spool", is_simulated=True, timeout_s=2.0
        )
        link = LabLink(adapter, SECRET)
        watched = Lab(link, ManualClock(), log=lambda _: None, poll_s=0.05)
        world.session(FakeCompute(rank=rank, is_patient=True), lab=watched)
    assert stages == ["submitting"]


def test_a_build_is_traced_from_its_ranking_to_its_result(tmp_path: Path) -> None:
    budget = Budget(evaluations={"coarse": 1, "cell": 1})
    world = World(tmp_path, building_campaign(budget=budget, approval=BY_POLICY))
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        compute = FakeCompute(rank=rank, is_patient=True)
        world.session(compute, lab=lab_at(lab.address, tmp_path))
    state = world.state()
    (build,) = state.builds.values()
    with JournalReader(world.path) as journal:
        found = trace(state, journal.read(world.campaign.name), build.job_id)
    assert found.fidelity == "cell"
    assert found.ranked is not None
    assert found.observed is not None
    assert found.ranked.position < found.dispatched.position < found.observed.position


def test_a_failure_of_the_rounds_keeps_nothing_from_being_ended(tmp_path: Path) -> None:
    said: list[str] = []
    closed: list[str] = []

    class Closing(HttpLab):
        async def close(self) -> None:
            closed.append(self.name)
            await super().close()

    book = Book()
    queue(book, 0.4)
    book.write(Submitting(build_id="b1", epoch=1))

    def store(events: object) -> None:
        raise InternalError("build b1 cannot go from there to here")

    async def session() -> None:
        adapter = Closing("bench", "http://127.0.0.1:9", SECRET, tmp_path / "spool")
        lab = Lab(LabLink(adapter, SECRET), ManualClock(), log=said.append, poll_s=0.01)
        lab.begin(lambda: book.state, store)
        await asyncio.sleep(0.5)
        await lab.end()

    asyncio.run(session())
    assert closed == ["bench"]
    assert any("cannot go from there to here" in line for line in said)
