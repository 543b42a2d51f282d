"""A generator is upgraded under a campaign: control asks, and goes on as it is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from controller.control_socket import ask_control
from controller.home import Home
from controller.order import Look, Seen
from controller.snapshot import Phase
from controller.stored_campaign import read_campaign
from experiments.errors import Unreachable
from tests.system.test_extension import cellwright, installed
from tests.system.tiny_session import CAMPAIGN, ROOT

__all__ = ["installed"]
PATIENCE_S = 400.0


def wait_for_question(home: Home) -> str:
    """Return what the running control says changed, once it asks."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        try:
            seen = ask_control(home, Look(campaign="tiny"))
        except Unreachable:
            seen = None
        if isinstance(seen, Seen) and seen.snapshot.phase is Phase.outdated:
            return seen.snapshot.outdated or ""
        time.sleep(0.2)
    raise AssertionError("control never asked")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_upgraded_generator_is_asked_about_and_its_old_results_kept(
    installed: Path, tmp_path: Path
) -> None:
    path = tmp_path / "tiny.yaml"
    counts = CAMPAIGN.replace("{coarse: 12, fine: 3}", "{coarse: 5, fine: 2}")
    path.write_text(counts + "generator: equal-spheres\n")
    run = ["run", str(path), "--workers", "1"]
    first = cellwright(installed, tmp_path, *run, "--stop-after", "2")
    assert first.returncode == 0, first.stderr

    module = installed / "cellwright_spheres.py"
    module.write_text(module.read_text().replace('version = "1"', 'version = "2"', 1))
    home = Home(tmp_path / "home")
    with (tmp_path / "err").open("w") as err:
        second = subprocess.Popen(
            [sys.executable, "-P", "-m", "controller", "--home", str(home.path), *run, "--json"],
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{ROOT}"},
        )
    try:
        words = wait_for_question(home)
        assert "1+equal-spheres-1 → 1+equal-spheres-2" in words
        told = cellwright(installed, tmp_path, "upgrade", "tiny", "keep", "--reason", "dear")
        assert told.returncode == 0, told.stderr
        assert "source of their own" in told.stdout
        out, _ = second.communicate(timeout=PATIENCE_S)
    finally:
        second.kill()
    assert second.returncode == 0, (tmp_path / "err").read_text()
    found = json.loads(out)
    assert found["state"] == "finished"
    kept = [n for name, n in found["observations"].items() if name.endswith("_before_1")]
    assert sum(kept) == 2
    state = read_campaign(home.path, "tiny").state
    for one in state.observations.values():
        made = {r.version for r in one.provenance.stages if r.stage == "generate"}
        expected = "1" if one.job.fidelity.endswith("_before_1") else "2"
        assert made == {f"1+equal-spheres-{expected}"}
    assert Path(found["report"]).stat().st_size > 10_000
