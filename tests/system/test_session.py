"""Whole sessions of ``cellwright run`` with the real compute, as a user meets them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.cli import exit_status
from controller.events import Interrupted, Observed
from controller.journal import JournalReader

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 600.0
CAMPAIGN = """
name: tiny
design:
  positive:
    active_wt_pct: 94
    porosity: {min: 0.30, max: 0.45}
    thickness_um: {min: 40, max: 80}
    particle_d50_um: 6
baseline:
  positive: {porosity: 0.35, thickness_um: 60}
objectives:
  - {name: energy, maximize: specific_energy_Wh_per_kg, at_power_W: 60, reference: baseline}
fidelities:
  - {name: coarse, voxels: 16, voxel_size_um: 1.5, mesh_points: 5, model: SPM}
  - {name: fine, voxels: 20, volumes: 2, voxel_size_um: 1.5, mesh_points: 5, model: SPM}
target: fine
budget: {evaluations: {coarse: 4, fine: 2}}
decider: sobol
seed: 3
"""
WATCHED = """
import json, sys
from controller.cli import exit_status
status = exit_status(sys.argv[2:])
# Not ru_maxrss: that starts at the peak of the process that started this one.
(peak_kB,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
usage = {
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
    "peak_MB": int(peak_kB) / 1024,
}
open(sys.argv[1], "w").write(json.dumps(usage))
sys.exit(status)
"""


@dataclass(frozen=True)
class Done:
    folder: Path
    status: int
    out: str
    err: str

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def campaign(self) -> Path:
        return self.folder / "tiny.yaml"


def arguments(folder: Path, *options: str) -> list[str]:
    return ["run", str(folder / "tiny.yaml"), "--home", str(folder / "home"), *options]


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    """Start ``run`` as a user would, in a folder that holds modules of our modules' names."""
    hostile = folder / "elsewhere"
    for name in ("agents", "experiments"):
        (hostile / name).mkdir(parents=True, exist_ok=True)
        (hostile / name / "__init__.py").write_text("raise SystemExit('the wrong module')\n")
    usage = str(folder / "usage.json")
    return subprocess.Popen(
        [sys.executable, "-P", "-c", WATCHED, usage, *arguments(folder, *options)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=hostile,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}."},
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Return a tiny campaign that was run to its end."""
    folder = tmp_path_factory.mktemp("done")
    (folder / "tiny.yaml").write_text(CAMPAIGN)
    process = start(folder, "--json")
    out, err = process.communicate(timeout=PATIENCE_S)
    return Done(folder, process.returncode, out, err)


def events(home: Path) -> list[Any]:
    if not (home / "journal.db").is_file():
        return []
    with JournalReader(home / "journal.db") as journal:
        return [recorded.event for recorded in journal.read("tiny")]


def status_of(home: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert exit_status(["status", "tiny", "--home", str(home), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def computes_below(folder: Path) -> list[str]:
    """Return the command lines of processes that work in a folder."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                place = os.readlink(process / "cwd")
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if Path(place).is_relative_to(folder) and "agents.compute" in line:
                found.append(line)
    return found


@pytest.mark.timeout(900)
def test_a_session_ends_with_one_document_and_a_report(done: Done) -> None:
    assert done.status == 0, done.err
    document = json.loads(done.out)
    assert document["state"] == "finished"
    assert document["observations"] == {"coarse": 4, "fine": 2}
    assert document["measured_best"]["objectives"]["energy"]["value"] > 0
    assert document["baseline"]["fine"] is not None
    assert Path(document["report"]).is_file()
    assert "coarse 4/4" in done.err


@pytest.mark.timeout(900)
def test_control_stays_small_and_imports_neither_ray_nor_torch(done: Done) -> None:
    usage = json.loads((done.folder / "usage.json").read_text())
    assert not {"ray", "torch", "botorch", "gpytorch", "pybamm"} & set(usage["modules"])
    assert {"controller", "mlflow"} <= set(usage["modules"])
    assert usage["peak_MB"] < 400


@pytest.mark.timeout(900)
def test_nothing_is_left_running(done: Done) -> None:
    assert computes_below(done.folder) == []


@pytest.mark.timeout(900)
def test_status_agrees_with_what_the_session_said(
    done: Done, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(done.home, capsys) == json.loads(done.out)
    assert exit_status(["status", str(done.campaign), "--home", str(done.home)]) == 0
    assert "finished (budget)" in capsys.readouterr().out


@pytest.mark.timeout(900)
def test_a_finished_campaign_run_again_shows_its_results(
    done: Done, capsys: pytest.CaptureFixture[str]
) -> None:
    before = events(done.home)
    assert exit_status(arguments(done.folder)) == 0
    shown = capsys.readouterr()
    assert "finished already" in shown.err
    best, report, go_on = shown.out.strip().splitlines()
    assert "Wh/kg" in best
    assert "tiny.html" in report
    assert "cellwright run" in go_on
    assert events(done.home) == before


@pytest.mark.timeout(900)
def test_a_changed_file_is_refused_with_the_keys(
    done: Done, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "tiny.yaml"
    other.write_text(CAMPAIGN.replace("seed: 3", "seed: 4").replace("max: 80", "max: 90"))
    assert exit_status(["run", str(other), "--home", str(done.home)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "seed: 3 → 4" in line
    assert "thickness_um" in line
    assert "80.0 → 90.0" in line


@pytest.mark.timeout(900)
def test_a_running_campaign_can_be_watched_and_interrupted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.yaml").write_text(CAMPAIGN.replace("coarse: 4", "coarse: 4000"))
    control = start(tmp_path)
    try:
        until = time.monotonic() + PATIENCE_S
        while not any(isinstance(event, Observed) for event in events(tmp_path / "home")):
            assert control.poll() is None, control.communicate()[1]
            assert time.monotonic() < until
            time.sleep(0.2)
        document = status_of(tmp_path / "home", capsys)
        assert document["state"] == "running"
        assert exit_status(arguments(tmp_path)) == 2
        assert f"in use by process {control.pid}" in capsys.readouterr().err
        control.send_signal(signal.SIGINT)
        _, err = control.communicate(timeout=PATIENCE_S)
    finally:
        control.kill()
    assert control.returncode == 130
    assert "To go on: cellwright run" in err
    assert isinstance(events(tmp_path / "home")[-1], Interrupted)
    assert status_of(tmp_path / "home", capsys)["state"] == "interrupted"
    assert computes_below(tmp_path) == []


@pytest.mark.timeout(900)
def test_a_ray_address_nobody_answers_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(CAMPAIGN)
    control = start(tmp_path, "--ray", "127.0.0.1:1")
    _, err = control.communicate(timeout=PATIENCE_S)
    assert control.returncode == 2
    assert "127.0.0.1:1" in err.strip().splitlines()[-1]
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--home", "/proc/home"], "cannot be written"),
        (["--ray", "ray://head:10001"], "Ray client addresses are not supported"),
        (["--stop-after", "0"], "0 is not in the range"),
        (["--workers", "none"], "not a valid integer"),
    ],
)
def test_wrong_options_are_told_before_anything_runs(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status(["run", "quickstart", "--home", str(tmp_path / "home"), *options]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
    assert not (tmp_path / "home" / "journal.db").exists()


def test_an_unknown_decider_is_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.yaml").write_text(CAMPAIGN.replace("decider: sobol", "decider: oracle"))
    assert exit_status(arguments(tmp_path)) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "'oracle'" in line
    assert "sobol" in line
