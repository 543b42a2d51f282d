from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from controller.home import Home, make_home
from controller.projection_lock import ProjectionLock
from controller.tracking import Tracker
from controller.tracking_address import TrackingAddress, tracking_address
from experiments.errors import Transient

HOLD = """
import sys
from pathlib import Path
from controller.home import Home
from controller.projection_lock import ProjectionLock
from controller.tracking_address import TrackingAddress
held = ProjectionLock(Home(Path(sys.argv[1])), "a", TrackingAddress(sys.argv[2]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def address_in(home: Home) -> TrackingAddress:
    return tracking_address(None, {}, home.path, "a")


def test_a_second_projector_waits_for_the_first_process_and_leaves_it_alone(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.projection_lock.PATIENCE_S", 0.2)
    address = address_in(home)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.path), address.uri],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path.cwd(),
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"held\n"
        tracker = Tracker(home, "a", address)
        with pytest.raises(Transient, match="another process writes the MLflow runs of a"):
            tracker.start()
        assert not (home.path / "mlflow.db").exists(), "nothing was opened"
        ProjectionLock(home, "b", address).release()
    finally:
        holder.kill()
        holder.communicate()
    ProjectionLock(home, "a", address).release()


def test_what_a_failing_start_took_is_given_back(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.projection_lock.PATIENCE_S", 0.2)
    broken = Tracker(home, "a", address_in(home))
    monkeypatch.setattr(broken._store, "open", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        broken.start()
    began_s = time.monotonic()
    ProjectionLock(home, "a", address_in(home)).release()
    assert time.monotonic() - began_s < 0.2
