from __future__ import annotations

from pathlib import Path

import pytest

from agents import worker_call
from agents.container import container_image


def test_the_image_is_what_whoever_started_the_container_says(tmp_path: Path) -> None:
    assert container_image({"CELLWRIGHT_IMAGE": "sha256:abc"}, tmp_path) == "sha256:abc"
    assert container_image({"APPTAINER_CONTAINER": "/a b.sif"}, tmp_path) == "/a_b.sif"


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ('engine="podman-4.9"\nimage="r/cellwright:1"\nimageid="12ab"\n', "12ab"),
        ('image="r/cellwright:1"\n', "r/cellwright:1"),
        ("", "podman"),
    ],
)
def test_podman_names_the_image(tmp_path: Path, text: str, image: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".containerenv").write_text(text)
    assert container_image({}, tmp_path) == image


def test_docker_says_only_that_it_is_there(tmp_path: Path) -> None:
    assert container_image({}, tmp_path) is None
    (tmp_path / ".dockerenv").touch()
    assert container_image({}, tmp_path) == "docker"


def test_a_worker_names_its_node_its_process_and_its_container(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_call, "this_container", lambda: "sha256:abc")
    report, _ = worker_call.call(len, ((),))
    place, _, image = report.worker.partition(" in ")
    node, _, process = place.rpartition(":")
    assert node
    assert process.isdigit()
    assert image == "sha256:abc"
