"""A cluster that somebody else started: joining it, and being refused by it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.session_folder import session_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}
JOIN = """
import sys
from agents.ray_join import join_cluster
from agents.stages import stage_versions
from experiments.campaign import PartChoice
executor = join_cluster(sys.argv[1])
handle = executor.submit(stage_versions, PartChoice(name="stochastic"))
found = []
while not found:
    found = executor.wait(60.0)
print(executor.slots, len(executor.nodes), sorted(found[0].value))
executor.close()
"""


def environment(**more: str) -> dict[str, str]:
    """Return an environment without what the tests' own Ray has set; loopback only."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "PYTHON"))}
    return {**kept, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", **more}


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Return the address of a cluster of one node that wants a token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = session_folder()
    node = subprocess.Popen(
        [
            *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
            *(f"--port={port}", "--num-cpus=2", "--include-dashboard=false"),
            *("--node-ip-address=127.0.0.1", f"--temp-dir={folder}", "--disable-usage-stats"),
        ],
        env=environment(**TOKEN),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert node.stdout is not None
    for line in node.stdout:
        if "Ray runtime started" in line:
            break
    yield f"127.0.0.1:{port}"
    node.terminate()
    node.stdout.read()
    node.wait(60)
    node.stdout.close()


def join(address: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", JOIN, address],
        capture_output=True,
        check=False,
        text=True,
        cwd=folder,
        env=environment(PYTHONPATH=str(ROOT), **more),
        timeout=300,
    )


def test_a_cluster_is_joined_with_our_code_brought_along(cluster: str, tmp_path: Path) -> None:
    done = join(cluster, tmp_path, **TOKEN)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "2 1 ['characterize', 'evaluate', 'generate', 'read']"


def test_without_the_token_the_cluster_refuses_and_the_answer_says_so(
    cluster: str, tmp_path: Path
) -> None:
    done = join(cluster, tmp_path)
    assert done.returncode != 0
    assert "if it wants a token, set RAY_AUTH_MODE=token" in done.stderr.splitlines()[-1]
