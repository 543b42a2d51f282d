from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agents.artifact_store import ArtifactStore
from controller.events import Observed, VoxelsDropped
from controller.fold import fold
from controller.home import make_home
from controller.journal import JournalReader
from controller.results import measured_best
from controller.retention import dropped_hashes, dropped_voxels, voxels_of, voxels_to_drop
from controller.state import State
from controller.stored_artifacts import StoredArtifacts
from controller.wiring import delete_artifacts
from experiments.job import Job, new_job
from experiments.observation import Artifact, Observation, Provenance, StageRecord
from experiments.storage import Storage
from tests.controller.doubles import FakeCompute, fail, observe, small_campaign
from tests.controller.test_control import World

SIZE = 1_000_000


def with_voxels(observation: Observation, stage: str = "generate") -> Observation:
    """Return an observation whose job made two volumes of a megabyte."""
    artifacts = {}
    for name in ("voxels", "voxels@1"):
        digest = f"{observation.job.id}-{name}"
        artifacts[name] = Artifact(url=f"file:///{digest}.npz", sha256=digest, size_bytes=SIZE)
    record = StageRecord(stage=stage, version="1", key="k", cached=False, elapsed_s=1.0)
    provenance = Provenance(artifacts=artifacts, stages=(record,), busy_s=1.0)
    return observation.model_copy(update={"provenance": provenance})


def result(job: Job) -> Observation:
    porosity = float(job.design.values.get("positive.porosity", 0.33))
    is_bad = job.purpose == "search" and 0.3 < porosity < 0.36
    return with_voxels(fail(job) if is_bad else observe(job))


def run(folder: Path, max_GB: float | None) -> tuple[State, list[str]]:
    campaign = small_campaign().model_copy(update={"storage": Storage(max_GB=max_GB)})
    deleted: list[str] = []
    state = (
        World(folder, campaign)
        .session(
            FakeCompute(result=result),
            delete=lambda artifacts: deleted.extend(one.sha256 for one in artifacts),
        )
        .state
    )
    return state, deleted


def test_without_a_limit_nothing_is_deleted(tmp_path: Path) -> None:
    state, deleted = run(tmp_path, None)
    assert not deleted
    assert state.stored.total_bytes == 2 * SIZE * len(state.observations)


def test_a_disk_budget_is_kept_and_what_matters_stays(tmp_path: Path) -> None:
    state, deleted = run(tmp_path, 0.014)
    assert deleted
    assert frozenset(deleted) == state.stored.dropped
    assert state.stored.total_bytes <= 14e6
    best = {measured_best(state, level).job.id for level in ("coarse", "fine")}  # type: ignore[union-attr]
    for observation in state.observations.values():
        hashes = {one.sha256 for one in voxels_of(observation)}
        is_kept = (
            observation.is_failed
            or observation.job.purpose == "baseline"
            or observation.job.id in best
        )
        if is_kept:
            assert not hashes & state.stored.dropped
    assert {one.sha256 for one in dropped_voxels(state)} == state.stored.dropped


def test_where_nothing_more_may_go_the_campaign_goes_on_above_its_budget(tmp_path: Path) -> None:
    state, _ = run(tmp_path, 0.001)
    assert state.phase == "finished"
    assert state.stored.total_bytes > 1e6
    assert voxels_to_drop(state) is None


def two_results(stage: str = "generate") -> State:
    """Return a campaign that may store nothing, with its best result and another one."""
    campaign = small_campaign().model_copy(update={"storage": Storage(max_GB=1e-6)})
    best = new_job("small", campaign.design.from_unit([0.4]), "coarse", campaign_seed=1)
    other = new_job("small", campaign.design.from_unit([0.9]), "coarse", campaign_seed=1)
    found = [with_voxels(observe(best, 2.0), stage), with_voxels(observe(other, 1.0), stage)]
    stored = StoredArtifacts()
    for one in found:
        stored = stored.plus(one.provenance.artifacts.values())
    by_id = {one.job.id: one for one in found}
    return State(campaign, "", "", "", observations=by_id, stored=stored)


def test_voxels_no_seed_makes_again_are_kept() -> None:
    drop = voxels_to_drop(state := two_results())
    _, other = state.observations.values()
    assert drop is not None
    assert set(drop.artifacts) == set(voxels_of(other))
    assert voxels_to_drop(two_results("read")) is None


def test_voxels_of_a_design_under_way_are_kept() -> None:
    state = two_results()
    _, other = state.observations.values()
    again = other.job.model_copy(update={"id": "again"})
    assert voxels_to_drop(replace(state, in_flight={"again": again})) is None


def test_a_file_that_is_written_again_is_stored_again() -> None:
    one = Artifact(url="file:///a.npz", sha256="a", size_bytes=5)
    stored = StoredArtifacts().plus([one, one])
    assert stored.total_bytes == 5
    stored = stored.without(["a"]).without(["a"])
    assert (stored.total_bytes, stored.dropped) == (0, frozenset("a"))
    assert stored.plus([one]).total_bytes == 5
    assert not stored.plus([one]).dropped


def test_the_dropped_are_the_same_by_events_and_by_state(tmp_path: Path) -> None:
    state, _ = run(tmp_path, 0.014)
    with JournalReader(tmp_path / "journal.db") as journal:
        events = list(journal.read("small"))
    assert dropped_hashes(events) == state.stored.dropped
    assert fold(events) == state
    positions = {type(recorded.event): recorded.position for recorded in events}
    assert VoxelsDropped in positions
    assert Observed in positions


def test_deleting_what_is_gone_already_is_no_error(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    store = ArtifactStore(home.artifacts.as_uri())
    there, gone = store.write(b"one", ".npz"), store.write(b"two", ".npz")
    for _ in range(2):
        delete_artifacts(home, [gone])
    assert store.read(there) == b"one"
    assert store.read(gone) is None


@pytest.mark.parametrize("max_GB", [0, -1])
def test_a_disk_budget_is_above_zero(max_GB: float) -> None:
    with pytest.raises(ValueError, match="max_GB"):
        Storage(max_GB=max_GB)
