from __future__ import annotations

import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from controller.home import Home, make_home
from controller.metrics import MeasuredView, Metrics, served
from controller.progress import Moment, take_snapshot
from controller.snapshot import Snapshot
from controller.stored_campaign import read_campaign
from experiments.errors import Invalid
from tests.controller.doubles import Watcher
from tests.controller.synthetic_campaign import write_campaign


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    home, name = write_campaign(tmp_path_factory.mktemp("metrics") / "home", n=8)
    shown = take_snapshot(read_campaign(home.path, name).state, Moment(n_workers=2, n_busy=1))
    return shown.model_copy(update={"failures": {"timed_out": 2, "not_percolating": 1}})


def values(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_file_in_the_home_tells_the_latest_moment(home: Home, snapshot: Snapshot) -> None:
    metrics = Metrics(home, is_projection_behind=lambda: True)
    watcher = Watcher()
    view = MeasuredView(watcher, metrics)
    metrics.appended(0.004, 2)
    view.update(snapshot)
    view.close()
    found = values(home.metrics.read_text())
    assert watcher.snapshots == [snapshot]
    assert found["cellwright_slots", ()] == 2
    assert found["cellwright_slots_busy", ()] == 1
    assert found["cellwright_projection_behind", ()] == 1
    assert found["cellwright_journal_append_seconds_count", ()] == 1
    assert found["cellwright_disk_free_bytes", ()] > 0
    assert found["cellwright_journal_position", ()] == snapshot.position
    assert found["cellwright_stuck_seconds", ()] == 0
    done = sum(level.n_done for level in snapshot.levels)
    counted = sum(
        value for (name, _), value in found.items() if name == "cellwright_jobs" and value >= 0
    )
    assert counted == done
    for kind, n in snapshot.failures.items():
        assert found["cellwright_failures_total", (kind,)] == n
    assert not list(home.path.glob("*.new"))


def test_a_port_answers_on_the_loopback_address_alone(home: Home, snapshot: Snapshot) -> None:
    metrics = Metrics(home, is_projection_behind=lambda: False)
    metrics.update(snapshot)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with served(metrics, port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert values(answer.read().decode())["cellwright_slots", ()] == 2
        outside = socket.gethostbyname(socket.gethostname())
        if not outside.startswith("127."):
            with pytest.raises((urllib.error.URLError, OSError)):
                urllib.request.urlopen(f"http://{outside}:{port}/metrics", timeout=2)
        with pytest.raises(Invalid, match="cannot listen"), served(metrics, port):
            raise AssertionError
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2)


def test_a_file_that_cannot_be_written_harms_nobody(home: Home, snapshot: Snapshot) -> None:
    home.metrics.mkdir()
    metrics = Metrics(home, is_projection_behind=lambda: False)
    metrics.update(snapshot, is_last=True)
    metrics.close()
