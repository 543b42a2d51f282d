from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

ROOT = Path(__file__).resolve().parents[2]


def cluster() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "cluster.yaml").read_text())
    return found


def test_ray_itself_accepts_the_cluster() -> None:
    validate_config(prepare_config(cluster()))


def test_every_node_asks_for_the_token_and_the_file_holds_none() -> None:
    found = cluster()
    for key in ("head_start_ray_commands", "worker_start_ray_commands"):
        (start,) = [line for line in found[key] if "ray start" in line]
        assert "RAY_AUTH_MODE=token" in start
        (token,) = found["file_mounts"]
        assert f"RAY_AUTH_TOKEN_PATH={token}" in start
    assert "--dashboard-host=127.0.0.1" in found["head_start_ray_commands"][-1]
    assert "RAY_AUTH_TOKEN=" not in (ROOT / "docs" / "cluster.yaml").read_text()
