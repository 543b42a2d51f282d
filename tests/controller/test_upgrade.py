from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agents.asker import rank
from agents.messages import Ask, Configure, Ready, RunJob
from controller.campaign_file import LoadedCampaign, load_campaign
from controller.control import Control
from controller.events import Observed, UpgradeSettled
from controller.fold import fold
from controller.inbox import Inbox
from controller.journal import Journal
from controller.opening import open_campaign
from controller.order import Done, Look, Refused, Seen, SettleUpgrade
from controller.outcome import Outcome
from controller.results import observations_by_fidelity, spent
from controller.snapshot import Phase
from controller.state import State
from controller.status_document import status_document
from experiments.campaign import Campaign, PartChoice
from experiments.design import Design
from experiments.job import Job, new_job
from experiments.observation import Observation, Provenance, StageRecord
from experiments.source import with_sources, without_sources
from tests.controller.doubles import (
    FakeCompute,
    ManualClock,
    Watcher,
    observe,
    small_campaign,
)


class Versioned(FakeCompute):
    """A compute whose generator has a version, which shifts every result by 100 Wh/kg."""

    def __init__(self, version: str, *, seed: int = 0) -> None:
        super().__init__(seed=seed, is_patient=True, result=self.measure)
        self.version = version

    def measure(self, job: Job) -> Observation:
        plain = observe(job)
        value = plain.value("specific_energy_Wh_per_kg") or 0.0
        moved = observe(job, value + 100.0 * (int(self.version) - 1))
        record = StageRecord(
            stage="generate", version=self.version, key="k", cached=False, elapsed_s=1.0
        )
        still = record.model_copy(update={"stage": "evaluate", "version": "7"})
        made = Provenance(
            stages=(record, still), versions={"spheres": f"{self.version}.0"}, busy_s=2.0
        )
        return moved.model_copy(update={"provenance": made})

    def _ready(self) -> Ready:
        return Ready(
            slots=self.n_slots,
            versions={"spheres": f"{self.version}.0"},
            stage_versions={"generate": self.version, "evaluate": "7"},
        )


class World:
    """A journal, and sessions on it whose compute comes with one version or another."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.db"
        self.campaign = small_campaign()

    def session(self, compute: FakeCompute, person: Any = None, **options: Any) -> Outcome:
        journal = Journal(self.path, ManualClock())
        inbox = Inbox()
        control = Control(
            open_campaign(journal, LoadedCampaign(self.campaign, "small.yaml", "name: small")),
            journal=journal,
            compute=compute,
            configure=Configure(campaign=self.campaign, home="/h", artifact_url="file:///h"),
            view=Watcher(),
            clock=ManualClock(),
            inbox=inbox,
            **options,
        )

        async def both() -> Outcome:
            work = asyncio.create_task(control.run())
            if person is not None:
                await asyncio.wait_for(person(inbox, control), 20)
            return await asyncio.wait_for(work, 20)

        try:
            return asyncio.run(both())
        finally:
            journal.close()

    def begin(self) -> State:
        return self.session(Versioned("1"), stop_after=4).state

    @property
    def state(self) -> State:
        journal = Journal(self.path, ManualClock())
        state = fold(journal.read("small"))
        journal.close()
        assert state is not None
        return state


async def settled(n_turns: int = 40) -> None:
    for _ in range(n_turns):
        await asyncio.sleep(0.0015)


def test_a_changed_version_stops_dispatching_and_says_what_changed(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = world.begin()
    compute = Versioned("2")

    async def person(inbox: Inbox, control: Control) -> None:
        await settled()
        assert not any(isinstance(message, (RunJob, Ask)) for message in compute.sent)
        assert not compute.learned
        seen = await inbox.ask(Look(campaign="small"), "anna")
        assert isinstance(seen, Seen)
        assert seen.snapshot.phase is Phase.outdated
        assert seen.snapshot.outdated == "generate 1 → 2, under 6 results"
        answer = await inbox.ask(SettleUpgrade(campaign="small", choice="back"), "anna")
        assert isinstance(answer, Done)
        assert "spheres==1.0" in answer.message

    outcome = world.session(compute, person)
    assert outcome.ending == "stopped as asked"
    assert outcome.state.observations == before.observations
    assert "install spheres==1.0" in outcome.state.reason
    assert world.session(Versioned("1")).ending == "finished"
    assert world.state.outdated is None


def test_the_same_versions_ask_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.begin()

    async def person(inbox: Inbox, control: Control) -> None:
        refused = await inbox.ask(SettleUpgrade(campaign="small", choice="redo"), "anna")
        assert isinstance(refused, Refused)
        assert "no decision" in refused.message

    assert world.session(Versioned("1"), person).ending == "finished"


def test_results_made_again_are_the_same_jobs_with_todays_versions(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = world.begin()
    state = world.session(Versioned("2"), after_upgrade="redo", user="anna").state
    assert state.reason == "budget"
    assert set(before.observations) < set(state.observations)
    versions = {
        record.version
        for one in state.observations.values()
        for record in one.provenance.stages
        if record.stage == "generate"
    }
    assert versions == {"2"}
    assert dict(state.set_aside) == dict(before.observations)
    assert observations_by_fidelity(state) == {"coarse": 6, "fine": 3}
    assert spent(state).used == {"coarse": 6, "fine": 3}
    undisturbed = World(tmp_path / "other")
    undisturbed.path.parent.mkdir()
    assert set(undisturbed.session(Versioned("2")).state.observations) == set(state.observations)


def test_results_kept_apart_are_a_level_of_their_own(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = world.begin()
    compute = Versioned("2")

    async def person(inbox: Inbox, control: Control) -> None:
        await settled()
        await inbox.ask(SettleUpgrade(campaign="small", choice="keep", reason="dear"), "anna")

    state = world.session(compute, person).state
    assert state.reason == "budget"
    names = [level.name for level in state.campaign.fidelities]
    assert names[:2] == ["coarse", "fine"]
    assert set(names[2:]) <= {"coarse_before_1", "fine_before_1"}
    assert without_sources(state.campaign) == world.campaign
    counts = observations_by_fidelity(state)
    old = [one for one in before.observations.values() if one.job.purpose == "search"]
    assert sum(n for name, n in counts.items() if name.endswith("_before_1")) == len(old)
    assert counts["coarse"] + counts.get("coarse_before_1", 0) == 6
    for one in old:
        kept = state.observations[one.job.id]
        assert kept.metrics == one.metrics
        assert kept.job.fidelity == f"{one.job.fidelity}_before_1"
    told = {one.job.id: one.job.fidelity for one in compute.learned}
    assert all(told[one.job.id].endswith("_before_1") for one in old)
    new = [one for one in state.observations.values() if one.job.fidelity in ("coarse", "fine")]
    assert {one.provenance.stages[0].version for one in new} == {"2"}
    assert sum(one.job.purpose == "baseline" for one in new) == 2
    assert spent(state).limit == {"coarse": 6, "fine": 3}
    document = status_document(state)
    assert document.measured_best is not None
    assert document.measured_best.fidelity == "fine"


def test_a_design_of_a_kept_result_can_be_measured_anew_under_another_id(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = world.begin()
    state = world.session(Versioned("2"), after_upgrade="keep").state
    designs = {(one.job.design.key, one.job.fidelity) for one in before.observations.values()}
    again = [
        job
        for job in (dispatch.job for dispatch in state.dispatches.values())
        if job.id not in before.dispatches and (job.design.key, job.fidelity) in designs
    ]
    assert again, "the sequence starts anew at today's versions"


def test_the_decision_is_in_the_journal_and_survives_the_next_sessions(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.begin()
    world.session(Versioned("2"), after_upgrade="keep", user="anna", stop_after=1)
    state = world.session(Versioned("2")).state
    assert state.phase == "finished"
    journal = Journal(world.path, ManualClock())
    events = [recorded.event for recorded in journal.read("small")]
    journal.close()
    settled = [event for event in events if isinstance(event, UpgradeSettled)]
    assert [(one.choice, one.by) for one in settled] == [("keep", "anna")]
    n_observed = sum(isinstance(event, Observed) for event in events)
    assert n_observed == len(state.observations) + len(state.set_aside)


def test_two_upgrades_make_two_sources(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.begin()
    world.session(Versioned("2"), after_upgrade="keep", stop_after=2)
    state = world.session(Versioned("3"), after_upgrade="keep").state
    sources = {level.name for level in state.campaign.fidelities if level.source_of}
    assert {name[-1] for name in sources} == {"1", "2"}
    assert state.phase == "finished"


@pytest.mark.parametrize("decider", ["cellwright", "sobol", "random"])
def test_our_deciders_learn_from_a_source_and_never_propose_it(decider: str) -> None:
    loaded = load_campaign("quickstart").campaign
    own = loaded.model_copy(update={"decider": PartChoice(name=decider)})
    draws = Random(4)
    observations = []
    for _ in range(8):
        design = own.design.from_unit([draws.random() for _ in range(own.design.n_unit)])
        old, new = job_at(own, design, "fine"), job_at(own, design, "coarse")
        kept = old.model_copy(update={"fidelity": "fine_before_1"})
        observations.append(observe(old).model_copy(update={"job": kept}))
        observations.append(observe(new))
    left = {"coarse": 3, "fine": 3}
    ranking = rank(own, (), (), (), left, 4, 9, tuple(observations))
    assert not ranking.fallbacks
    assert ranking.candidates
    assert {one.fidelity for one in ranking.candidates} <= {"coarse", "fine"}
    if decider == "cellwright":
        assert ranking.diagnosis is not None
        correlated = ranking.diagnosis.level_correlation["specific_energy_Wh_per_kg"]
        assert any("fine_before_1" in pair for pair in correlated)


def job_at(campaign: Campaign, design: Design, fidelity: str) -> Job:
    return new_job(campaign.name, design, fidelity, campaign_seed=campaign.seed)


def test_a_source_is_known_by_its_name_alone() -> None:
    own = small_campaign()
    more = with_sources(own, ["fine_before_1", "coarse", "fine_before_1", "huge_before_1"])
    assert [level.name for level in more.fidelities] == ["coarse", "fine", "fine_before_1"]
    assert more.fidelity("fine_before_1").source_of == "fine"
    assert with_sources(more, ["fine_before_1"]) == more
    assert more.own_fidelities == own.fidelities
