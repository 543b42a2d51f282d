from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.cli import exit_status
from controller.events import Imported
from controller.fold import fold
from controller.home import Home, make_home
from controller.journal import JournalReader
from tests.controller.doubles import FakeCompute, small_campaign
from tests.controller.synthetic_campaign import write_campaign
from tests.controller.test_control import World


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return write_campaign(tmp_path / "home", n=8)[0]


@pytest.fixture
def archive(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    target = tmp_path / "moved.zip"
    assert exit_status(["archive", "-o", str(target), "--home", str(home.path)]) == 0
    assert "0 file" not in capsys.readouterr().err
    return target


def bodies(home: Home, campaign: str) -> list[tuple[Any, ...]]:
    with JournalReader(home.journal) as reader:
        return [row[2:7] for row in reader.rows(campaign)]


def test_an_imported_campaign_is_the_archived_one(
    home: Home, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Home(tmp_path / "other")
    assert exit_status(["import", str(archive), "--home", str(other.path)]) == 0
    name = capsys.readouterr().out.strip()
    assert bodies(other, name)[:-1] == bodies(home, name)
    with JournalReader(home.journal) as one, JournalReader(other.journal) as two:
        before, after = fold(one.read(name)), fold(two.read(name))
        *_, last = two.read(name)
    assert before is not None
    assert after is not None
    assert after.observations == before.observations
    assert isinstance(last.event, Imported)
    assert last.event.positions == ((1, before.position),)
    assert exit_status(["verify", "--home", str(other.path)]) == 0
    files = {path.relative_to(home.artifacts) for path in home.artifacts.rglob("*.*")}
    assert {path.relative_to(other.artifacts) for path in other.artifacts.rglob("*.*")} == files


def test_a_campaign_among_others_is_moved_alone_and_goes_on_there(tmp_path: Path) -> None:
    source, target = make_home(tmp_path / "home"), make_home(tmp_path / "other")
    first = World(source.path, small_campaign(name="first"))
    second = World(source.path, small_campaign(name="second"))
    first.session(FakeCompute(), stop_after=3)
    stopped = second.session(FakeCompute(), stop_after=4).state
    first.session(FakeCompute(), stop_after=2)
    World(target.path, small_campaign(name="third")).session(FakeCompute())
    file = tmp_path / "second.zip"
    assert exit_status(["archive", "second", "-o", str(file), "--home", str(source.path)]) == 0
    assert exit_status(["import", str(file), "--home", str(target.path)]) == 0
    final = World(target.path, small_campaign(name="second")).session(FakeCompute()).state
    undisturbed = second.session(FakeCompute()).state
    assert set(final.observations) == set(undisturbed.observations)
    assert stopped.observations.items() <= final.observations.items()
    with JournalReader(target.journal) as reader:
        assert reader.campaigns() == ("third", "second")


def test_a_home_that_has_a_campaign_of_that_name_is_left_as_it_is(
    home: Home, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = bodies(home, "quickstart")
    assert exit_status(["import", str(archive), "--home", str(home.path)]) == 2
    assert "has a campaign quickstart already" in capsys.readouterr().err
    assert bodies(home, "quickstart") == before


def rewritten(archive: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:
    """Write every member anew as ``change`` returns it; None leaves it out."""
    with zipfile.ZipFile(archive) as file:
        members = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(archive, "w") as file:
        for name, data in members.items():
            changed = change(name, data)
            if changed is not None:
                file.writestr(*changed)


def with_manifest(edit: Callable[[dict[str, Any]], None]) -> Callable[..., Any]:
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        if name != "manifest.json":
            return name, data
        plain = json.loads(data)
        edit(plain)
        return name, json.dumps(plain).encode()

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (with_manifest(lambda m: m.update(format=9)), "archive format 9"),
        (with_manifest(lambda m: m.update(campaign="../evil")), "its manifest is wrong: campaign"),
        (with_manifest(lambda m: m.update(chain="0" * 64)), "do not make the chain"),
        (with_manifest(lambda m: m.update(campaign="other")), "not those of one campaign"),
        (with_manifest(lambda m: m["members"].pop("events.jsonl")), "not those of its manifest"),
        (lambda name, data: (name, data[:-1] + b"X") if name.endswith("npz") else (name, data),
         "its hash is another one"),
        (lambda name, data: (name, data[:-9]) if name == "events.jsonl" else (name, data),
         "another size"),
        (lambda name, data: None if name.endswith("npz") else (name, data),
         "not those of its manifest"),
        (lambda name, data: None if name == "manifest.json" else (name, data),
         "no whole archive"),
        (lambda name, data: (f"../../{name}" if name.endswith("npz") else name, data),
         "not those of its manifest"),
    ],
)  # fmt: skip
def test_an_archive_that_was_changed_is_refused_and_nothing_is_stored(
    archive: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[..., Any],
    message: str,
) -> None:
    rewritten(archive, change)
    other = Home(tmp_path / "other")
    assert exit_status(["import", str(archive), "--home", str(other.path)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line
    assert not other.path.exists()
    assert not list(tmp_path.rglob("evil*"))


def test_a_path_out_of_the_home_is_refused_though_its_manifest_names_it(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        return ("artifacts/../../evil.json" if name.endswith(".npz") else name), data

    with zipfile.ZipFile(archive) as file:
        voxels = [name for name in file.namelist() if name.endswith(".npz")]
    kept = voxels[0]

    def only_one(name: str, data: bytes) -> tuple[str, bytes] | None:
        return None if name in voxels[1:] else (name, data)

    rewritten(archive, only_one)
    rewritten(archive, change)

    def edit(manifest: dict[str, Any]) -> None:
        for name in voxels[1:]:
            del manifest["members"][name]
        manifest["members"]["artifacts/../../evil.json"] = manifest["members"].pop(kept)

    rewritten(archive, with_manifest(edit))
    assert exit_status(["import", str(archive), "--home", str(tmp_path / "other")]) == 2
    assert "which no archive may hold" in capsys.readouterr().err
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut"])
def test_what_is_no_archive_is_one_clear_line(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(content)
    assert exit_status(["import", str(file), "--home", str(tmp_path / "other")]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "no whole archive of a campaign" in line


@pytest.mark.parametrize("content", [None, b"", b"no archive"])
def test_what_is_no_archive_leaves_no_home_behind(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "moved.zip").write_bytes(content)

    status = exit_status(
        ["import", str(tmp_path / "moved.zip"), "--home", str(tmp_path / "another")]
    )

    assert status == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "another").exists()
