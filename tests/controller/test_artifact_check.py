from __future__ import annotations

from pathlib import Path

import pytest

from controller.artifact_check import ArtifactFault, artifact_faults
from controller.events import Observed, Recorded
from controller.home import Home
from controller.journal import JournalReader
from experiments.observation import Artifact
from tests.controller.synthetic_campaign import write_campaign


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found, _ = write_campaign(tmp_path / "home", n=4)
    return found


def events(home: Home) -> list[Recorded]:
    with JournalReader(home.journal) as journal:
        return list(journal.read("quickstart"))


def found(home: Home, *dropped: str) -> list[ArtifactFault]:
    return list(artifact_faults(home, events(home), dropped=frozenset(dropped)))


def first_artifact(home: Home) -> tuple[Recorded, str, Artifact, Path]:
    """Return the event, name, record and file of an artifact."""
    for recorded in events(home):
        if isinstance(recorded.event, Observed):
            for name, one in recorded.event.observation.provenance.artifacts.items():
                (path,) = [path for path in home.artifacts.rglob("*") if one.sha256 in path.name]
                return recorded, name, one, path
    raise AssertionError("the campaign has no artifact")


def test_whole_files_have_no_fault(home: Home) -> None:
    assert found(home) == []


def test_a_changed_file_is_told_with_its_place(home: Home) -> None:
    recorded, name, artifact, path = first_artifact(home)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    (fault,) = found(home)
    assert isinstance(recorded.event, Observed)
    job_id = recorded.event.observation.job.id
    assert fault == ArtifactFault(recorded.position, job_id, name, artifact, "damaged")


def test_a_missing_file_is_a_fault_unless_it_was_dropped(home: Home) -> None:
    _, _, artifact, path = first_artifact(home)
    path.unlink()
    assert [fault.fault for fault in found(home)] == ["missing"]
    assert found(home, artifact.sha256) == []


def test_a_dropped_file_that_is_back_is_looked_at_like_any_other(home: Home) -> None:
    _, _, artifact, path = first_artifact(home)
    path.write_bytes(b"other voxels")
    assert [fault.fault for fault in found(home, artifact.sha256)] == ["damaged"]
