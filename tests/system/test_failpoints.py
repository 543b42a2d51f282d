"""A process that dies at any named place loses nothing that was acknowledged, and doubles nothing.

Without a flag every place is visited once, by a control process without machines; the slow set
visits each five times, at different passages, and once more in whole sessions with real workers.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.cli import exit_status
from controller.events import Observed
from controller.failpoint import FAILPOINTS, VARIABLE
from controller.home import Home
from controller.journal import JournalReader
from controller.run_store import JOB_TAG
from tests.controller.test_tracking import runs_of
from tests.system.failpoint_session import main
from tests.system.kills import Found, observed
from tests.system.tiny_session import CAMPAIGN, ROOT, finish, start

ONCE = 3
FIVE = (1, 2, 5, 8, 12)
"""Passages at which to die; a campaign of eleven evaluations passes each place more often."""


@pytest.fixture(scope="module")
def mortal() -> Iterator[subprocess.Popen[str]]:
    """Return the process that forks controls which die where they are told to."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.system.failpoint_session"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def die(mortal: subprocess.Popen[str], folder: Path, failpoint: str) -> None:
    """Run a control process until it passes a failpoint for the n-th time."""
    assert mortal.stdin is not None
    assert mortal.stdout is not None
    mortal.stdin.write(f"{folder}\t{failpoint}\n")
    mortal.stdin.flush()
    status = int(mortal.stdout.readline())
    assert status == -signal.SIGKILL, f"{failpoint} was not passed"


def results(folder: Path) -> dict[str, str]:
    """Return every observation by its job; an observation that is there twice is an error."""
    if not (folder / "journal.db").exists():
        return {}
    with JournalReader(folder / "journal.db") as journal:
        found = [
            recorded.event.observation
            for recorded in journal.read("small")
            if isinstance(recorded.event, Observed)
        ]
    assert max(Counter(one.job.id for one in found).values(), default=1) == 1
    return {one.job.id: one.model_dump_json() for one in found}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("undisturbed")
    main(folder)
    return results(folder)


def check(
    mortal: subprocess.Popen[str],
    folder: Path,
    name: str,
    passages: tuple[int, ...],
    undisturbed: dict[str, str],
) -> None:
    """Die at each passage, one life after the other, then go on to the end."""
    acknowledged: dict[str, str] = {}
    for n in passages:
        folder_of_this = folder / str(n)
        folder_of_this.mkdir()
        die(mortal, folder_of_this, f"{name}:{n}")
        acknowledged = results(folder_of_this)
        main(folder_of_this)
        final = results(folder_of_this)
        assert acknowledged.items() <= final.items(), "an acknowledged observation was lost"
        assert final == undisturbed
        projected = (folder_of_this / "projected").read_text().split()
        assert sorted(projected) == sorted(final), "the projection lost or doubled a result"


@pytest.mark.parametrize("name", FAILPOINTS)
def test_a_control_that_dies_at_a_named_place_goes_on(
    mortal: subprocess.Popen[str], name: str, tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    check(mortal, tmp_path, name, (1 if name.startswith("projection") else ONCE,), undisturbed)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", FAILPOINTS)
def test_a_control_that_dies_five_times_at_a_named_place_goes_on(
    mortal: subprocess.Popen[str], name: str, tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    for folder in range(5) if name.startswith("projection") else (0,):
        (tmp_path / str(folder)).mkdir()
        passages = (1,) if name.startswith("projection") else FIVE
        check(mortal, tmp_path / str(folder), name, passages, undisturbed)


LONGER = CAMPAIGN.replace("{coarse: 12, fine: 3}", "{coarse: 40, fine: 3}")
"""Enough results for a session to die at its fifth passage of every place."""


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("longer")
    (folder / "tiny.yaml").write_text(LONGER)
    ended = finish(folder, start(folder, "--workers", "1"))
    assert ended.status == 0, ended.err
    return observed(ended.home)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("n", range(1, 6))
def test_whole_sessions_that_die_at_every_named_place_go_on(
    n: int, longer: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One campaign with real workers: its control dies at one named place after another.

    The projection's places are in a process of its own, whose death is the campaign's least care.
    """
    (tmp_path / "tiny.yaml").write_text(LONGER)
    acknowledged: dict[str, str] = {}
    for name in FAILPOINTS:
        if not name.startswith("projection"):
            monkeypatch.setenv(VARIABLE, f"{name}:{n}")
            died = finish(tmp_path, start(tmp_path, "--workers", "1"))
            assert died.status == -signal.SIGKILL, f"{name}: {died.err}"
        now = dict(observed(tmp_path / "home"))
        assert acknowledged.items() <= now.items(), name
        acknowledged = now
    place = "before" if n % 2 else "after"
    monkeypatch.setenv(VARIABLE, f"projection {place} step:1")
    ended = finish(tmp_path, start(tmp_path, "--workers", "1"))
    assert ended.status == 0, ended.err
    assert "behind the journal" in ended.err
    final = observed(tmp_path / "home")
    assert len({job for job, _ in final}) == len(final)
    assert set(final) == set(longer)
    monkeypatch.delenv(VARIABLE)
    assert exit_status(["track", "tiny", "--home", str(tmp_path / "home")]) == 0
    runs = runs_of(Home(tmp_path / "home"), "tiny")
    jobs = [run.data.tags[JOB_TAG] for run in runs if JOB_TAG in run.data.tags]
    assert sorted(jobs) == sorted(job for job, _ in final), "the projection lost or doubled a run"
