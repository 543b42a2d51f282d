from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.home import Home, make_home
from controller.projecting import CLOSE
from controller.projection_process import ProjectionProcess, keep_alive
from controller.run_store import JOB_TAG
from controller.tracking_address import tracking_address
from tests.controller.synthetic_campaign import write_campaign
from tests.controller.test_tracking import runs_of

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own, on import


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found, _ = write_campaign(tmp_path / "home", n=3)
    return found


def process(home: Home, said: list[str], uri: str | None = None) -> ProjectionProcess:
    address = tracking_address(uri, {}, home.path, "quickstart")
    return ProjectionProcess(home, "quickstart", address, os.environ, said.append)


def test_it_is_killed_without_harm_and_catches_up_when_closed(home: Home) -> None:
    said: list[str] = []
    projection = process(home, said)
    projection.wake()
    first = projection.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert projection.close(120), said
    assert projection.pid != first
    assert not projection.is_behind
    assert sum(JOB_TAG in run.data.tags for run in runs_of(home, "quickstart")) == 3


def test_it_ends_with_control(home: Home) -> None:
    projection = process(home, [])
    projection.wake()
    child = projection._process
    assert child is not None
    assert child.stdin is not None
    child.stdin.close()  # as the kernel does where control is killed
    assert child.wait(60) == 0


def test_one_that_ended_is_started_again_with_the_next_news(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    projection = process(home, said)
    projection.wake()
    first = projection.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert projection._process is not None
    projection._process.wait(60)
    projection.wake()
    assert projection.pid == first, "not at once: what killed it may still be there"
    monkeypatch.setattr("controller.projection_process._RETRY_S", 0.0)
    projection.wake()
    assert projection.pid != first
    assert not projection.close(0.0)
    assert any("started again in a while" in one for one in said)


def test_what_cannot_be_started_costs_the_campaign_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    home = make_home(tmp_path / "home")
    shutil.rmtree(home.logs)
    address = tracking_address(None, {}, home.path, "a")
    projection = ProjectionProcess(home, "a", address, os.environ, said.append)
    projection.wake()
    assert "could not be started" in said[0]
    assert projection.is_behind
    assert not projection.close(1.0)


def test_a_password_is_on_no_command_line(home: Home) -> None:
    projection = process(home, [], "http://anna:hidden-word@127.0.0.1:9")
    projection.wake()
    line = Path(f"/proc/{projection.pid}/cmdline").read_bytes()
    assert b"projecting" in line
    assert b"hidden-word" not in line
    began_s = time.monotonic()
    assert not projection.close(0.0)
    assert time.monotonic() - began_s < 20


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """Return a server that takes a request and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(120)
        yield server


def uri_of(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_it_ends_with_control_also_while_it_catches_up_for_the_last_time(
    home: Home, silent_server: socket.socket
) -> None:
    projection = process(home, [], uri_of(silent_server))
    projection.wake()
    request, _ = silent_server.accept()
    child = projection._process
    assert child is not None
    assert child.stdin is not None
    with request:
        os.write(child.stdin.fileno(), CLOSE)
        time.sleep(2.0)
        assert child.poll() is None, "it waits for the server"
        child.stdin.close()  # as the kernel does where control is killed
        assert child.wait(15) == 0


def test_an_interrupted_wait_for_it_leaves_no_process_behind(
    home: Home, silent_server: socket.socket
) -> None:
    projection = process(home, [], uri_of(silent_server))
    projection.wake()
    child = projection._process
    assert child is not None
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test worker ignores it
    interrupt = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            projection.close(60)
    finally:
        interrupt.cancel()
        signal.signal(signal.SIGINT, before)
    assert child.returncode == -signal.SIGKILL


def test_a_wait_that_is_over_too_soon_says_that_it_is_behind(
    home: Home, silent_server: socket.socket
) -> None:
    projection = process(home, [], uri_of(silent_server))
    projection.wake()
    projection._is_behind = False  # as the process told of what was before
    assert projection.is_behind, "it did not hear of the news yet"
    assert not projection.close(0.2)
    assert projection.is_behind


def test_one_that_ended_is_started_again_without_news(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    projection = process(home, [])
    projection.wake()
    first, child = projection.pid, projection._process
    assert first is not None
    assert child is not None
    os.kill(first, signal.SIGKILL)
    child.wait(60)
    projection.wake()
    assert projection.pid == first, "not at once"
    assert projection.is_behind
    monkeypatch.setattr("controller.projection_process._RETRY_S", 0.0)
    monkeypatch.setattr("controller.projection_process._LOOK_S", 0.01)

    async def wait() -> None:
        caring = asyncio.create_task(keep_alive(projection))
        deadline = time.monotonic() + 20
        while projection.pid == first and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        caring.cancel()

    asyncio.run(wait())
    assert projection.pid != first
    assert projection.is_behind
    projection.close(0.0)
