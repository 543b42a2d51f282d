from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from agents.artifact_store import ArtifactStore
from experiments.errors import Transient


def test_a_file_is_named_by_its_content_and_read_back(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path))
    artifact = store.write(b"voxels", ".npz")
    digest = hashlib.sha256(b"voxels").hexdigest()
    assert artifact.sha256 == digest
    assert artifact.size_bytes == 6
    assert artifact.url == (tmp_path / "files" / digest[:2] / f"{digest}.npz").as_uri()
    assert store.read(artifact) == b"voxels"


def test_the_same_content_is_written_once(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path))
    first = store.write(b"same", ".json")
    path = next(tmp_path.rglob("*.json"))
    before = path.stat().st_mtime_ns
    assert store.write(b"same", ".json") == first
    assert path.stat().st_mtime_ns == before


def test_a_damaged_or_missing_file_is_not_returned(tmp_path: Path) -> None:
    store = ArtifactStore(str(tmp_path))
    artifact = store.write(b"precious", ".bin")
    path = next(tmp_path.rglob("*.bin"))
    path.write_bytes(b"precioux")
    assert store.read(artifact) is None
    path.unlink()
    assert store.read(artifact) is None


def test_a_store_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(OSError, match="files"):
        ArtifactStore(str(tmp_path)).write(b"data", ".bin")
    assert [path.name for path in tmp_path.rglob("*")] == ["files"]


@pytest.mark.parametrize("name", ["plain", "with space", "Zellentwürfe 100%"])
def test_a_file_url_of_any_folder_name_leads_into_that_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    artifact = ArtifactStore(folder.as_uri()).write(b"data", ".bin")
    assert [path.parent.parent.parent for path in tmp_path.rglob("*.bin")] == [folder]
    assert ArtifactStore(folder.as_uri()).read(artifact) == b"data"


def test_stores_need_not_be_local() -> None:
    store = ArtifactStore("memory://test_artifact_store")
    artifact = store.write(b"far away", ".bin")
    assert artifact.url.startswith("memory://test_artifact_store/files/")
    assert store.read(artifact) == b"far away"


def test_a_store_that_was_moved_away_is_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    store = ArtifactStore(str(tmp_path / "home" / "artifacts"))
    kept = store.write(b"one", ".bin")
    (tmp_path / "home").rename(tmp_path / "elsewhere")
    with pytest.raises(Transient, match="moved or deleted"):
        store.write(b"two", ".bin")
    assert not (tmp_path / "home").exists()
    (tmp_path / "elsewhere").rename(tmp_path / "home")
    assert store.read(kept) == b"one"
