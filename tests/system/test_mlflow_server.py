"""A real MLflow server that is away, killed and started again: nothing twice, nothing missing."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from controller.home import Home
from controller.journal import JournalReader
from controller.projection import Projection
from controller.run_store import JOB_TAG
from controller.tracking import Tracker
from controller.tracking_address import tracking_address
from tests.controller.synthetic_campaign import write_campaign
from tests.controller.test_tracking import project, tree

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
PATIENCE_S = 240.0


class Server:
    """``mlflow server`` on loopback with a store of its own; killed with all its workers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1",
             "--port", str(self._port), "--workers", "1",
             "--backend-store-uri", f"sqlite:///{self._folder / 'server.db'}",
             "--artifacts-destination", str(self._folder / "artifacts")],
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self._folder / "server.log").open("ab"),
            start_new_session=True,
        )  # fmt: skip
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{self.uri}/health", timeout=2),
            ):
                return
            time.sleep(0.2)
        raise AssertionError((self._folder / "server.log").read_text()[-3000:])

    def kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)
            self._process = None


def runs_at(uri: str, name: str) -> list[Any]:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        return []
    return list(client.search_runs([experiment.experiment_id], max_results=1000))


def make(home: Home, name: str, uri: str) -> Tracker:
    return Tracker(home, name, tracking_address(uri, {}, home.path, name))


def test_a_server_that_is_away_and_killed_gets_every_run_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.projection._RETRY_S", 0.5)
    monkeypatch.setattr("controller.projection._LONGEST_RETRY_S", 1.0)
    home, name = write_campaign(tmp_path / "home", n=20)
    project(home, name)
    expected = tree(home, name)
    server, said = Server(tmp_path), list[str]()
    projection = Projection(lambda: make(home, name, server.uri), home.journal, said.append)
    try:
        projection.wake()  # nobody is there yet
        time.sleep(3)
        assert said
        assert "projection failed" in said[0]
        for n_before in (3, 9, 15):
            server.start()
            wait_for(lambda n=n_before: len(runs_at(server.uri, name)) > n)  # type: ignore[misc]
            server.kill()
        server.start()
        assert projection.close(PATIENCE_S)
        children = [r for r in runs_at(server.uri, name) if JOB_TAG in r.data.tags]
        assert len(children) == 20
        assert tree_at(server.uri, name) == expected
    finally:
        server.kill()


def tree_at(uri: str, name: str) -> list[tuple[Any, ...]]:
    """Return what ``tree`` returns of the home's own store."""
    import tests.controller.test_tracking as own

    original = own.runs_of
    own.runs_of = lambda home, campaign: runs_at(uri, campaign)
    try:
        return tree(None, name)  # type: ignore[arg-type]
    finally:
        own.runs_of = original


def wait_for(condition: Any) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        with contextlib.suppress(Exception):
            if condition():
                return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def test_control_is_not_held_up_by_a_server_that_does_not_answer(tmp_path: Path) -> None:
    """A server that takes the connection and says nothing is the worst of them."""
    home, name = write_campaign(tmp_path / "home", n=2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        uri = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        projection = Projection(lambda: make(home, name, uri), home.journal, lambda _: None)
        began_s = time.monotonic()
        projection.wake()
        assert time.monotonic() - began_s < 1
        assert not projection.close(2)
        assert time.monotonic() - began_s < 10
    assert threading.active_count() < 20
    with JournalReader(home.journal) as journal:
        assert journal.campaigns() == (name,)
