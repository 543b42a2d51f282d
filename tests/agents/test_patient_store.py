from __future__ import annotations

from pathlib import Path

import pytest

from agents.patient_store import PatientStore
from tests.small_disk import fill, make_room, small_disk


def test_what_a_full_disk_refuses_is_written_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path, 512) as disk:
        store = PatientStore(str(disk / "artifacts"))
        first = store.write(b"a" * 5000, ".npz")
        fill(disk)
        second = store.write(b"b" * 50_000, ".npz")
        third = store.write(b"c", ".json")
        assert store.refusal is not None
        assert "No space left" in store.refusal
        assert not store.flush()
        assert [store.read(one) for one in (first, second, third)] == [
            b"a" * 5000,
            b"b" * 50_000,
            b"c",
        ]
        assert not list(disk.rglob("*.part"))
        make_room(disk)
        assert store.flush()
        assert store.refusal is None
        again = PatientStore(str(disk / "artifacts"))
        assert again.read(second) == b"b" * 50_000
        assert again.read(third) == b"c"


def test_another_fault_of_the_disk_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where a folder must be")
    store = PatientStore(str(tmp_path))
    with pytest.raises(OSError, match="files"):
        store.write(b"x", ".npz")
    assert store.refusal is None
