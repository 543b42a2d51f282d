"""Campaigns on a Ray cluster of three nodes: one node is lost, two campaigns share it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.kills import observed
from tests.system.ray_cluster import TOKEN, RayCluster
from tests.system.tiny_session import CAMPAIGN, Done, finish, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

PATIENCE_S = 400.0


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[RayCluster]:
    """Return a cluster of a head and two nodes of one CPU; control is told its token."""
    for name in [name for name in os.environ if name.startswith("RAY_")]:
        monkeypatch.delenv(name)
    for name, value in TOKEN.items():
        monkeypatch.setenv(name, value)
    made = RayCluster()
    try:
        made.add_node(1)
        made.add_node(1)
        yield made
    finally:
        made.close()


def begin(folder: Path, cluster: RayCluster) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    (folder / "tiny.yaml").write_text(CAMPAIGN)
    return start(folder, "--ray", cluster.address)


def wait_for(n: int, home: Path, control: subprocess.Popen[str]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while len(observed(home)) < n:
        assert control.poll() is None, (home.parent / "control.err").read_text()
        assert time.monotonic() < until_s
        time.sleep(0.1)


def test_a_node_killed_mid_campaign_loses_and_doubles_nothing(
    cluster: RayCluster, done: Done, tmp_path: Path
) -> None:
    control = begin(tmp_path, cluster)
    try:
        wait_for(4, tmp_path / "home", control)
        acknowledged = observed(tmp_path / "home")
        cluster.kill_node(2)
        ended = finish(tmp_path, control)
    finally:
        control.kill()
        control.wait()
    assert ended.status == 0, ended.err
    final = observed(ended.home)
    assert len(final) == len(dict(final)), "an observation was doubled"
    assert set(acknowledged) <= set(final)
    assert set(final) == set(observed(done.home))


def test_two_campaigns_share_a_cluster(cluster: RayCluster, done: Done, tmp_path: Path) -> None:
    homes = [tmp_path / "first", tmp_path / "second"]
    controls = [begin(folder, cluster) for folder in homes]
    try:
        for folder, control in zip(homes, controls, strict=True):
            wait_for(3, folder / "home", control)
        ended = [finish(folder, c) for folder, c in zip(homes, controls, strict=True)]
    finally:
        for control in controls:
            control.kill()
            control.wait()
    for one in ended:
        assert one.status == 0, one.err
        assert set(observed(one.home)) == set(observed(done.home))
