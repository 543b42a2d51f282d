from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import ray

from agents.ray_executor import RayExecutor
from agents.ray_token import own_token
from experiments.errors import Invalid

KNOCK = """
import sys, ray
from ray._raylet import GcsClient
from ray.exceptions import AuthenticationError
try:
    client = GcsClient(address=sys.argv[1])
    client.get_all_node_info(timeout=10)
except AuthenticationError:
    print("refused")
else:
    print("let in")
"""


def knock(**more: str) -> str:
    """Ask the tests' Ray for its nodes, as a stranger on this machine would."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", KNOCK, ray.get_runtime_context().gcs_address],
        env={**plain, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    return done.stdout.strip() or done.stderr


@pytest.mark.usefixtures("ray_executor")
def test_who_has_no_token_is_refused_and_who_has_it_is_not() -> None:
    token = os.environ["RAY_AUTH_TOKEN_PATH"]
    assert knock(RAY_AUTH_MODE="disabled") == "refused"
    assert knock(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN="0" * 64) == "refused"
    assert knock(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN_PATH=token) == "let in"


def test_the_token_is_its_owners_alone(ray_executor: RayExecutor) -> None:
    assert ray_executor.slots
    path = Path(os.environ["RAY_AUTH_TOKEN_PATH"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_home_keeps_its_token(tmp_path: Path) -> None:
    path = own_token(tmp_path)
    text = path.read_text()
    assert len(text) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert own_token(tmp_path).read_text() == text


def test_an_empty_token_file_is_filled(tmp_path: Path) -> None:
    (tmp_path / "ray-token").touch(mode=0o600)
    assert len(own_token(tmp_path).read_text()) == 64


def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    own_token(tmp_path).chmod(0o644)
    with pytest.raises(Invalid, match="others than its owner can read it"):
        own_token(tmp_path)
