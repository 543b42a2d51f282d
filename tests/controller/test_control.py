from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.messages import Configure, JobLost, RunJob
from controller.campaign_file import LoadedCampaign
from controller.compute import Hopeless, Lost
from controller.control import Control
from controller.events import Ranked
from controller.fold import fold
from controller.journal import Journal
from controller.opening import open_campaign
from controller.outcome import Outcome
from controller.results import observations_by_fidelity
from controller.state import State
from experiments.budget import Budget, Stopping
from experiments.campaign import Campaign
from experiments.errors import CellwrightError, HomeInUse, Transient
from experiments.observation import FailureKind
from experiments.ranking import Diagnosis, Prospect, Ranking
from tests.controller.doubles import (
    FakeCompute,
    ManualClock,
    Watcher,
    fail,
    observe,
    sequence_ranking,
    small_campaign,
)


class World:
    """A journal on disk, and sessions on it one after another."""

    def __init__(self, folder: Path, campaign: Campaign | None = None) -> None:
        self.path = folder / "journal.db"
        self.campaign = campaign or small_campaign()
        self.view = Watcher()

    def session(self, compute: FakeCompute, **options: Any) -> Outcome:
        journal = Journal(self.path, ManualClock())
        try:
            loaded = LoadedCampaign(self.campaign, "small.yaml", "name: small")
            control = Control(
                open_campaign(journal, loaded),
                journal=journal,
                compute=compute,
                configure=Configure(campaign=self.campaign, home="/h", artifact_url="file:///h"),
                view=self.view,
                clock=ManualClock(),
                **options,
            )
            return asyncio.run(control.run())
        finally:
            journal.close()

    def state(self) -> State:
        journal = Journal(self.path, ManualClock())
        try:
            state = fold(journal.read(self.campaign.name))
            assert state is not None
            return state
        finally:
            journal.close()


def job_ids(state: State) -> set[str]:
    return set(state.observations)


def test_a_campaign_runs_to_the_end_of_its_budget(tmp_path: Path) -> None:
    outcome = World(tmp_path).session(FakeCompute())
    assert outcome.ending == "finished"
    assert outcome.state.reason == "budget"
    assert observations_by_fidelity(outcome.state) == {"coarse": 6, "fine": 3}
    assert not outcome.state.in_flight


def test_the_baseline_goes_first_at_the_cheapest_level_and_the_target(tmp_path: Path) -> None:
    state = World(tmp_path).session(FakeCompute()).state
    first = [(d.job.purpose, d.job.fidelity) for d in list(state.dispatches.values())[:2]]
    assert first == [("baseline", "coarse"), ("baseline", "fine")]


def test_a_finished_campaign_runs_nothing_when_started_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = world.session(FakeCompute()).state
    again = world.session(idle := FakeCompute())
    assert again.state == before
    assert not idle.sent


def test_a_larger_budget_goes_on_where_the_smaller_one_ended(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.session(FakeCompute()).state
    world.campaign = small_campaign(budget=Budget(evaluations={"coarse": 8, "fine": 4}))
    second = world.session(FakeCompute()).state
    assert observations_by_fidelity(second) == {"coarse": 8, "fine": 4}
    assert job_ids(first) < job_ids(second)


def test_stop_after_gives_exactly_so_many_evaluations_more(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.session(FakeCompute(), stop_after=4)
    assert first.ending == "stopped as asked"
    assert sum(observations_by_fidelity(first.state).values()) == 4
    assert not first.state.in_flight
    second = world.session(FakeCompute(), stop_after=2)
    assert sum(observations_by_fidelity(second.state).values()) == 6
    assert world.session(FakeCompute()).ending == "finished"


def test_the_final_set_depends_neither_on_timing_nor_on_the_number_of_workers(
    tmp_path: Path,
) -> None:
    found = []
    for seed in range(6):
        folder = tmp_path / str(seed)
        folder.mkdir()
        state = World(folder).session(FakeCompute(seed=seed, n_slots=1 + seed % 4)).state
        found.append(job_ids(state))
    assert all(ids == found[0] for ids in found)


def test_a_lost_compute_gets_its_jobs_and_its_knowledge_again(tmp_path: Path) -> None:
    undisturbed = World(tmp_path).session(FakeCompute()).state
    folder = tmp_path / "disturbed"
    folder.mkdir()

    def misfortune(rng: random.Random) -> Lost | None:
        return Lost("killed") if rng.random() < 0.25 else None

    compute = FakeCompute(seed=5, misfortune=misfortune)
    state = World(folder).session(compute).state
    assert state.n_compute_lost > 3
    assert job_ids(state) == job_ids(undisturbed)
    assert [o.job.id for o in compute.learned] == list(state.observations)
    assert all(found.n_lost == 0 for found in state.dispatches.values())


class Killed(BaseException):
    """The process ends here, and nothing of it runs any more."""


@pytest.mark.parametrize("seed", range(8))
def test_a_control_killed_anywhere_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    undisturbed = World(tmp_path).session(FakeCompute()).state
    folder = tmp_path / "disturbed"
    folder.mkdir()
    world = World(folder)
    rng = random.Random(seed)
    acknowledged: dict[str, object] = {}

    def keep(state: State) -> None:
        acknowledged.update(state.observations)
        if rng.random() < 0.15:
            raise Killed

    n_kills = 0
    while True:
        compute = FakeCompute(seed=rng.randrange(1000), n_slots=1 + seed % 3)
        real_send = compute.send

        def send(message: Any, real_send: Callable[[Any], None] = real_send) -> None:
            if rng.random() < 0.05:
                raise Killed
            real_send(message)

        compute.send = send  # type: ignore[method-assign]
        try:
            final = world.session(compute, when_stored=keep)
            break
        except Killed:
            n_kills += 1
            after = world.state()
            assert {k: after.observations[k] for k in acknowledged} == acknowledged
    assert n_kills > 0
    assert job_ids(final.state) == job_ids(undisturbed)
    assert all(final.state.observations[k] == v for k, v in acknowledged.items())


def test_a_job_under_which_three_workers_died_is_quarantined(tmp_path: Path) -> None:
    class Poisoned(FakeCompute):
        def _one(self) -> Any:
            answer = super()._one()
            observation = getattr(answer, "observation", None)
            if observation is not None and observation.job.id == self.poison():
                return JobLost(job_id=observation.job.id, reason="SIGSEGV")
            return answer

        def poison(self) -> str:
            jobs = [message.job for message in self.sent if isinstance(message, RunJob)]
            return next((job.id for job in jobs if job.purpose == "search"), "")

    compute = Poisoned(seed=2)
    state = World(tmp_path).session(compute).state
    lost = [d for d in state.dispatches.values() if d.n_lost]
    assert [d.n_lost for d in lost] == [3]
    failure = state.observations[lost[0].job.id].failure
    assert failure is not None
    assert failure.kind is FailureKind.worker_died
    assert "3 workers died" in failure.message
    assert "SIGSEGV" in failure.message
    sent = [m.job.id for m in compute.sent if isinstance(m, RunJob)]
    assert sent.count(lost[0].job.id) == 3
    assert sum(observations_by_fidelity(state).values()) == 9


def test_a_result_that_comes_twice_is_stored_once(tmp_path: Path) -> None:
    class Stuttering(FakeCompute):
        async def next(self, timeout_s: float) -> Any:
            answers = await super().next(timeout_s)
            return [*answers, *answers]

    state = World(tmp_path).session(Stuttering()).state
    assert observations_by_fidelity(state) == {"coarse": 6, "fine": 3}


def test_a_plateau_ends_a_campaign_early(tmp_path: Path) -> None:
    campaign = small_campaign(
        budget=Budget(evaluations={"fine": 50}), stopping=Stopping(plateau_evaluations=4)
    )
    state = World(tmp_path, campaign).session(FakeCompute(result=lambda j: observe(j, 1.0))).state
    assert state.reason == "plateau"
    assert 5 <= observations_by_fidelity(state)["fine"] <= 8


def test_a_model_that_expects_nothing_more_ends_a_campaign_early(tmp_path: Path) -> None:
    def content(ask: Any, campaign: Campaign, seen: Any) -> Ranking:
        ranking = sequence_ranking(ask, campaign, seen)
        prospect = Prospect(expected_gain=0.1, regret_bound=0.5)
        return ranking.model_copy(update={"prospect": prospect})

    campaign = small_campaign(
        budget=Budget(evaluations={"fine": 50}), stopping=Stopping(regret_below=1.0)
    )
    state = World(tmp_path, campaign).session(FakeCompute(rank=content)).state
    assert state.phase == "finished"
    assert state.reason == "regret bound of 0.5 Wh/kg, below 1"
    assert 5 <= observations_by_fidelity(state)["fine"] <= 9


def test_a_decider_with_nothing_more_to_propose_ends_the_campaign(tmp_path: Path) -> None:
    def exhausted(ask: Any, campaign: Campaign, seen: Any) -> Ranking:
        ranking = sequence_ranking(ask, campaign, seen)
        room = max(0, 4 - len({j.id for j in (*seen, *ask.pending) if j.purpose == "search"}))
        return ranking.model_copy(update={"candidates": ranking.candidates[:room]})

    state = World(tmp_path).session(FakeCompute(rank=exhausted)).state
    assert state.reason == "no more candidates"
    assert sum(observations_by_fidelity(state).values()) == 4


def test_a_decider_that_always_fails_stops_the_campaign_with_its_reason(tmp_path: Path) -> None:
    def broken(ask: Any, campaign: Campaign, seen: Any) -> Ranking:
        raise ValueError("singular")

    world = World(tmp_path)
    with pytest.raises(CellwrightError, match="decider failed 3 times"):
        world.session(FakeCompute(rank=broken))
    assert world.state().phase == "interrupted"
    assert world.view.snapshots


def test_a_decider_that_leaves_the_design_space_is_refused(tmp_path: Path) -> None:
    def astray(ask: Any, campaign: Campaign, seen: Any) -> Ranking:
        ranking = sequence_ranking(ask, campaign, seen)
        values = {"positive.porosity": 0.9}
        design = ranking.candidates[0].design.model_copy(update={"values": values})
        candidate = ranking.candidates[0].model_copy(update={"design": design})
        return ranking.model_copy(update={"candidates": (candidate,)})

    world = World(tmp_path)
    with pytest.raises(CellwrightError, match="decider failed"):
        world.session(FakeCompute(rank=astray))
    assert all(d.job.purpose == "baseline" for d in world.state().dispatches.values())


def test_failures_are_observations_and_the_campaign_goes_on(tmp_path: Path) -> None:
    state = World(tmp_path).session(FakeCompute(result=fail)).state
    assert state.reason == "budget"
    assert all(o.is_failed for o in state.observations.values())


def test_stopping_stores_the_interruption_and_ends_compute(tmp_path: Path) -> None:
    world = World(tmp_path)
    journal = Journal(world.path, ManualClock())
    compute = FakeCompute()
    control = Control(
        open_campaign(journal, LoadedCampaign(world.campaign, "small.yaml", "")),
        journal=journal,
        compute=compute,
        configure=Configure(campaign=world.campaign, home="/h", artifact_url="file:///h"),
        view=world.view,
        clock=ManualClock(),
        when_stored=lambda s: control.ask_to_stop("Ctrl-C") if len(s.observations) == 3 else None,
    )
    outcome = asyncio.run(control.run())
    journal.close()
    assert outcome.ending == "interrupted"
    assert compute.is_stopped
    assert world.state().phase == "interrupted"
    assert world.session(FakeCompute()).ending == "finished"


def test_compute_that_cannot_be_started_again_raises_its_diagnosis(tmp_path: Path) -> None:
    error = Transient("compute was lost 5 times")
    compute = FakeCompute(misfortune=lambda rng: Hopeless(error) if rng.random() < 0.3 else None)
    world = World(tmp_path)
    with pytest.raises(Transient, match="lost 5 times"):
        world.session(compute)
    assert compute.is_stopped
    assert world.state().phase == "interrupted"


def test_a_control_that_was_taken_over_stops_without_writing(tmp_path: Path) -> None:
    world = World(tmp_path)
    others: list[Journal] = []

    def take_over(state: State) -> None:
        if len(state.observations) == 2 and not others:
            others.append(Journal(world.path, ManualClock()))

    compute = FakeCompute()
    with pytest.raises(HomeInUse, match="took over"):
        world.session(compute, when_stored=take_over)
    assert compute.is_stopped
    others[0].close()
    assert len(world.state().observations) == 2


class Patient(FakeCompute):
    """A compute that waits with everybody else when there is nothing to do."""

    def __init__(self, clock: ManualClock, **options: Any) -> None:
        super().__init__(**options)
        self.clock = clock
        self.n_idle = 0

    async def next(self, timeout_s: float) -> Any:
        if self.lives and not self.jobs and not self.asks:
            self.n_idle += 1
            self.clock.seconds += timeout_s
            return []
        return await super().next(timeout_s)


def fill(journal: Journal) -> None:
    (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")


def make_room(journal: Journal) -> None:
    journal._connection.execute("PRAGMA max_page_count = 1000000")


@pytest.mark.parametrize("n_stored", range(1, 12))
def test_a_full_disk_pauses_the_campaign_until_there_is_room(tmp_path: Path, n_stored: int) -> None:
    world = World(tmp_path)
    clock, said = ManualClock(), list[str]()
    journal = Journal(world.path, clock)
    n_seen, n_waited = 0, 0

    def watch(state: State) -> None:
        nonlocal n_seen
        n_seen += 1
        if n_seen % n_stored == 0:
            fill(journal)

    class Watching(Patient):
        async def next(self, timeout_s: float) -> Any:
            nonlocal n_waited
            if control._room.note is not None:
                n_waited += 1
                if n_waited % 3 == 0:
                    make_room(journal)
            return await super().next(timeout_s)

    control = Control(
        open_campaign(journal, LoadedCampaign(world.campaign, "small.yaml", "x" * 20_000)),
        journal=journal,
        compute=Watching(clock, seed=n_stored),
        configure=Configure(campaign=world.campaign, home="/h", artifact_url="file:///h"),
        view=world.view,
        clock=clock,
        when_stored=watch,
        log=said.append,
    )
    outcome = asyncio.run(control.run())
    make_room(journal)
    journal.verify()
    journal.close()
    assert outcome.ending == "finished"
    assert world.state() == outcome.state
    (other := tmp_path / "undisturbed").mkdir()
    undisturbed = World(other).session(FakeCompute()).state
    assert job_ids(outcome.state) == job_ids(undisturbed)
    notes = [s.note for s in world.view.snapshots if s.note]
    if n_waited:
        assert "paused until the disk has room again" in said[0]
        assert said[-1] == "the disk has room again; the campaign goes on"
        assert any("paused until the disk has room again" in note for note in notes)


def test_a_campaign_can_be_stopped_while_the_disk_is_full(tmp_path: Path) -> None:
    world = World(tmp_path)
    clock = ManualClock()
    journal = Journal(world.path, clock)

    class Watching(Patient):
        async def next(self, timeout_s: float) -> Any:
            if self.n_idle == 4:
                control.ask_to_stop("SIGINT")
            return await super().next(timeout_s)

    def watch(state: State) -> None:
        if len(state.observations) == 3:
            fill(journal)

    control = Control(
        open_campaign(journal, LoadedCampaign(world.campaign, "small.yaml", "")),
        journal=journal,
        compute=Watching(
            clock, result=lambda job: observe(job).model_copy(update={"termination": "x" * 20_000})
        ),
        configure=Configure(campaign=world.campaign, home="/h", artifact_url="file:///h"),
        view=world.view,
        clock=clock,
        when_stored=watch,
    )
    assert asyncio.run(control.run()).ending == "interrupted"
    journal.close()
    kept = world.state().observations
    final = world.session(FakeCompute())
    assert final.ending == "finished"
    assert kept.items() <= final.state.observations.items()


def test_diagnoses_are_stored_in_proportion_to_the_observations(tmp_path: Path) -> None:
    def thorough(ask: Any, campaign: Campaign, seen: Any) -> Ranking:
        ranking = sequence_ranking(ask, campaign, seen)
        return ranking.model_copy(update={"diagnosis": Diagnosis()})

    campaign = small_campaign(budget=Budget(evaluations={"coarse": 60}), baseline=False)
    world = World(tmp_path, campaign)
    state = world.session(FakeCompute(rank=thorough)).state
    assert state.n_observed_at_diagnosis == 60
    journal = Journal(world.path, ManualClock())
    rankings = [r.event for r in journal.read("small") if isinstance(r.event, Ranked)]
    journal.close()
    n_stored = sum(event.ranking.diagnosis is not None for event in rankings)
    assert 10 < n_stored < len(rankings)
