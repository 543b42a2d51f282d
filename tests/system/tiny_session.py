"""A campaign of a few tiny volumes, run by ``cellwright run`` as a user would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.events import Event
from controller.journal import JournalReader
from experiments.errors import Invalid, Transient

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 600.0
COUNTS = {"coarse": 12, "fine": 3}
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
budget: {evaluations: {coarse: 12, fine: 3}}
decider: sobol
seed: 3
"""
"""Sobol's choices do not depend on timing: two runs measure the same designs."""

_WATCHED = """
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
    """A session that came to its end."""

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
    """Start ``run`` in a folder that holds modules of our modules' names.

    What it prints goes to ``control.out`` and ``control.err`` in the folder.
    """
    hostile = folder / "elsewhere"
    for name in ("agents", "experiments"):
        (hostile / name).mkdir(parents=True, exist_ok=True)
        (hostile / name / "__init__.py").write_text("raise SystemExit('the wrong module')\n")
    with (folder / "control.out").open("ab") as out, (folder / "control.err").open("ab") as err:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", _WATCHED, str(folder / "usage.json"),
             *arguments(folder, *options)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            text=True,
            cwd=hostile,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}."},
            start_new_session=True,
        )  # fmt: skip


def finish(folder: Path, process: subprocess.Popen[str]) -> Done:
    """Wait for a session's end."""
    status = process.wait(PATIENCE_S)
    out, err = ((folder / f"control.{name}").read_text() for name in ("out", "err"))
    return Done(folder, status, out, err)


def events(home: Path) -> list[Event]:
    """Return what the journal holds; nothing before control has made it."""
    try:
        with JournalReader(home / "journal.db") as journal:
            return [recorded.event for recorded in journal.read("tiny")]
    except (Invalid, Transient):
        return []


def computes_below(folder: Path) -> list[str]:
    """Return the command lines of computes that work in a folder."""
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


def usage_of(done: Done) -> dict[str, Any]:
    """Return what control had imported and the most memory it held."""
    found: dict[str, Any] = json.loads((done.folder / "usage.json").read_text())
    return found
