"""A campaign that builds cells in the simulated lab while people look on: every process is real.

The lab, the campaign's control with its compute, and the service, each as a user starts it; the
levels are as small as they can be, and lab time runs a million times faster.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from controller.clock import SystemClock
from controller.home import Home, make_home
from controller.people import Role, open_people
from tests.controller.webhooks.receiver import Receiver, receiving
from tests.system.served_room import PASSWORD, ROOT, service

CAMPAIGN = """
name: cells
cell: {format: "4680", parameter_set: Chen2020}
design:
  positive:
    active_wt_pct: 95
    porosity: {min: 0.30, max: 0.45}
    thickness_um: {min: 40, max: 80}
    particle_d50_um: 6
baseline:
  positive: {porosity: 0.35, thickness_um: 60}
objectives:
  - {name: energy, maximize: specific_energy_Wh_per_kg, at_power_W: 60, reference: baseline}
fidelities:
  - {name: coarse, voxels: 16, voxel_size_um: 1.5, mesh_points: 5, model: SPM}
  - {name: cell, kind: build, instrument: line, n_cells: 1, at_once: 2, cost_EUR: 90,
     channel_days: 6}
target: cell
budget: {evaluations: {coarse: 3, cell: 6}}
approval: {approvers: [anna, bo], expires_after_working_days: 5}
decider: sobol
seed: 3
"""
END_S = 60.0


@dataclass(frozen=True)
class LiveRoom:
    """Where the service is, and whose home it is of."""

    address: str
    home: Home
    receiver: Receiver
    """Of the webhook that is told of everything."""

    @property
    def campaign(self) -> str:
        """Return the address of the campaign's page."""
        return f"{self.address}/campaigns/cells"


@contextlib.contextmanager
def live_room(folder: Path) -> Iterator[LiveRoom]:
    """Begin the campaign and serve its home until the block ends."""
    home = make_home(folder / "home")
    (folder / "cells.yaml").write_text(CAMPAIGN)
    people = open_people(home.path, SystemClock())
    for who in ("anna", "bo"):
        people.accounts.add(who, by="root")
        people.accounts.set_password(who, PASSWORD, by="root")
        for role in (Role.approver, Role.operator):
            people.accounts.give_role(who, role, "*", by="root")
    people.close()
    lab = [
        *("lab-simulator", "--folder", str(folder / "lab"), "--port", "0", "--voxels", "16"),
        *("--time-scale", "1e6", "--failures-pct", "0", "--file-format", "biologic-mpt"),
    ]
    with (
        receiving() as receiver,
        _started("controller", *lab, log=folder / "lab.log") as laboratory,
    ):
        assert laboratory.stdout is not None
        (home.path / "instruments.yaml").write_text(
            "instruments:\n  - {name: line, kind: http-lab, simulated: true, "
            f"address: '{laboratory.stdout.readline().strip()}', "
            f"secret_file: '{folder / 'lab' / 'secret'}'}}\n"
        )
        (home.path / "instruments.yaml").chmod(0o600)
        (home.path / "chat.secret").write_bytes(b"s" * 32)
        (home.path / "chat.secret").chmod(0o600)
        (home.path / "webhooks.yaml").write_text(
            "control_room: https://lab.example.org\nwebhooks:\n  - {name: chat, secret_file: "
            f"chat.secret, address: '{receiver.address}', allow_private: true}}\n"
        )
        (home.path / "webhooks.yaml").chmod(0o600)
        run = ("--home", str(home.path), "run", str(folder / "cells.yaml"))
        with (
            _started("tests.system.in_process_run", *run, log=folder / "run.log"),
            service(home.path) as address,
        ):
            yield LiveRoom(address, home, receiver)


@contextlib.contextmanager
def _started(module: str, *words: str, log: Path) -> Iterator[subprocess.Popen[str]]:
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
