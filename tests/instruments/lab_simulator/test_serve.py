"""The simulated lab as a process: makes cells that differ from the model, and outlives a kill."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from experiments.build_status import BuildState
from instruments.http_lab import HttpLab
from instruments.lab_simulator.ledger import Ledger
from instruments.secret_file import read_secret
from tests.instruments.a_build import build_of, payload_of, request_of

ROOT = Path(__file__).resolve().parents[3]


def open_lab(folder: Path, port: int = 0) -> tuple[subprocess.Popen[str], str]:
    lab = subprocess.Popen(
        [sys.executable, "-m", "controller", "lab-simulator", "--folder", str(folder),
         "--port", str(port), "--time-scale", "100000", "--voxels", "32",
         "--failures-pct", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
    )  # fmt: skip
    assert lab.stdout is not None
    return lab, lab.stdout.readline().strip()


def close(lab: subprocess.Popen[str], how: signal.Signals) -> None:
    lab.send_signal(how)
    lab.wait(20)
    assert lab.stdout is not None
    lab.stdout.close()


def test_a_killed_lab_goes_on_with_what_it_had_accepted(tmp_path) -> None:
    folder = tmp_path / "lab"
    lab, address = open_lab(folder)
    try:
        secret = read_secret(folder / "secret")
        assert os.stat(folder / "secret").st_mode & 0o077 == 0
        build = build_of(payload=payload_of(request_of(n_cells=2)), secret=secret)

        async def submit():
            instrument = HttpLab("bench", address, secret, tmp_path / "spool")
            await instrument.submit(build, 1)
            await instrument.close()

        asyncio.run(submit())
        close(lab, signal.SIGKILL)
        lab, address = open_lab(folder)

        async def wait():
            instrument = HttpLab("bench", address, secret, tmp_path / "spool")
            began = time.monotonic()
            while time.monotonic() < began + 200:
                status = await instrument.status("b1")
                if status.is_final:
                    break
                await asyncio.sleep(0.3)
            files = await instrument.results("b1")
            notices = await instrument.notices(0)
            await instrument.close()
            return status, files, notices

        status, files, notices = asyncio.run(wait())
    finally:
        close(lab, signal.SIGTERM)
    assert status.state is BuildState.finished
    assert status.n_ok == 2
    assert [file.cell for file in files] == [1, 2]
    assert not any(file.is_partial for file in files)
    assert notices[-1].state is BuildState.finished
    thicknesses = {cell.as_built.thickness_m for cell in status.cells}
    assert len(thicknesses) == 2
    assert all(t == pytest.approx(75e-6, rel=0.15) for t in thicknesses)
    ledger = Ledger(folder / "ledger.sqlite")
    assert [build_id for build_id, _ in ledger.coatings()] == ["b1"]
    ledger.close()


def test_it_listens_on_this_machine_only(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "controller", "lab-simulator", "--folder", str(tmp_path),
         "--host", "0.0.0.0"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "loopback" in done.stderr


def test_health_needs_no_token_and_everything_else_does(tmp_path) -> None:
    lab, address = open_lab(tmp_path / "lab")
    try:
        assert httpx.get(address + "/v1/health", trust_env=False).json()["is_ok"] is True
        for path in ("/v1/capabilities", "/v1/builds/b1", "/v1/notices"):
            assert httpx.get(address + path, trust_env=False).status_code == 401
    finally:
        close(lab, signal.SIGTERM)
