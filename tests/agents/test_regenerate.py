from __future__ import annotations

from pathlib import Path

import pytest

from agents.artifact_store import ArtifactStore
from agents.evaluate_job import evaluate_job
from agents.regenerate import regenerate
from experiments.campaign import Campaign
from experiments.errors import Invalid, Rejected
from experiments.observation import Artifact, Observation
from tests.agents.tiny_campaign import job, tiny_campaign


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return tiny_campaign()


@pytest.fixture(scope="module")
def observation(folder: Path, campaign: Campaign) -> Observation:
    return evaluate_job(campaign, job(campaign, "fine"), str(folder))


def volumes(observation: Observation) -> dict[int, Artifact]:
    named = observation.provenance.artifacts
    return {0: named["voxels"], 1: named["voxels@1"]}


def test_deleted_voxels_come_back_with_the_same_hash(
    folder: Path, campaign: Campaign, observation: Observation
) -> None:
    store = ArtifactStore(str(folder))
    wanted = volumes(observation)
    before = {n: store.read(artifact) for n, artifact in wanted.items()}
    for artifact in wanted.values():
        store.delete(artifact)
        assert store.read(artifact) is None
        store.delete(artifact)
    assert regenerate(campaign, observation, wanted, store) == list(wanted.values())
    assert {n: store.read(artifact) for n, artifact in wanted.items()} == before


def test_voxels_that_come_out_otherwise_are_not_written(
    campaign: Campaign, observation: Observation, tmp_path: Path
) -> None:
    store = ArtifactStore(str(tmp_path))
    other = observation.job.model_copy(update={"seed": observation.job.seed + 1})
    with pytest.raises(Rejected, match="volume 0: its seed makes other voxels now"):
        regenerate(
            campaign,
            observation.model_copy(update={"job": other}),
            volumes(observation),
            store,
        )
    assert not list(tmp_path.rglob("*.npz"))


def test_another_version_of_the_generator_is_refused(
    campaign: Campaign, observation: Observation, tmp_path: Path
) -> None:
    stages = tuple(
        record.model_copy(update={"version": "old"}) for record in observation.provenance.stages
    )
    provenance = observation.provenance.model_copy(update={"stages": stages})
    old = observation.model_copy(update={"provenance": provenance})
    with pytest.raises(Rejected, match="generator version old; installed is"):
        regenerate(campaign, old, volumes(observation), ArtifactStore(str(tmp_path)))


def test_what_no_seed_made_is_refused(
    campaign: Campaign, observation: Observation, tmp_path: Path
) -> None:
    without = observation.model_copy(update={"recipe": None})
    with pytest.raises(Invalid, match="not generated from a seed"):
        regenerate(campaign, without, volumes(observation), ArtifactStore(str(tmp_path)))
