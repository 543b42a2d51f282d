from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agents.messages import Configure, JobFinished, Ready, RunJob
from controller.compute import Happening, Hopeless, Lost, SupervisedCompute
from controller.compute_link import compute_environment
from experiments.errors import InternalError, Invalid, Transient
from experiments.job import Job
from tests.controller.doubles import small_campaign

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = small_campaign()
JOB = Job(id="a", campaign="small", design=CAMPAIGN.baseline.design, fidelity="fine", seed=1)


def compute(folder: Path, behaviour: str, *, patience_s: float = 30.0) -> SupervisedCompute:
    (folder / "compute").mkdir()
    return SupervisedCompute(
        folder / "compute",
        folder / "compute.log",
        compute_environment(os.environ, folder),
        command=lambda read, write: [
            *(sys.executable, "-P", "-m", "tests.controller.scripted_compute"),
            *(behaviour, str(read), str(write)),
        ],
        start_limit_s=patience_s,
        silence_limit_s=patience_s,
    )


async def until(
    made: SupervisedCompute, is_enough: Callable[[list[Happening]], bool]
) -> list[Happening]:
    """Return what happens until that is enough; a campaign that hangs fails the test."""
    found: list[Happening] = []
    async with asyncio.timeout(60):
        while not is_enough(found):
            found.extend(await made.next(0.2))
    return found


def play(made: SupervisedCompute, scene: Callable[[SupervisedCompute], Awaitable[None]]) -> None:
    async def whole() -> None:
        made.start(Configure(campaign=CAMPAIGN, home="/h", artifact_url="file:///h"))
        try:
            await scene(made)
        finally:
            await made.stop()

    asyncio.run(whole())


def kinds(found: list[Happening]) -> list[type]:
    return [type(happening) for happening in found]


def test_a_job_comes_back_as_an_observation(tmp_path: Path) -> None:
    async def scene(made: SupervisedCompute) -> None:
        await until(made, lambda found: Ready in kinds(found))
        made.send(RunJob(job=JOB))
        found = await until(made, lambda found: JobFinished in kinds(found))
        assert next(h for h in found if isinstance(h, JobFinished)).observation.job == JOB

    play(compute(tmp_path, "works"), scene)


def test_it_works_in_its_own_empty_folder_and_writes_to_its_log(tmp_path: Path) -> None:
    async def scene(made: SupervisedCompute) -> None:
        found = await until(made, lambda found: Ready in kinds(found))
        ready = next(h for h in found if isinstance(h, Ready))
        assert ready.versions["cwd"] == str(tmp_path / "compute")

    play(compute(tmp_path, "works"), scene)
    assert "scripted compute works" in (tmp_path / "compute.log").read_text()


def test_a_killed_compute_is_replaced_at_once(tmp_path: Path) -> None:
    async def scene(made: SupervisedCompute) -> None:
        await until(made, lambda found: Ready in kinds(found))
        made.kill()
        found = await until(made, lambda found: Ready in kinds(found))
        assert [type(h) for h in found] == [Lost, Ready]
        assert "SIGKILL" in found[0].reason

    play(compute(tmp_path, "works"), scene)


def test_a_silent_compute_is_killed_and_replaced(tmp_path: Path) -> None:
    async def scene(made: SupervisedCompute) -> None:
        found = await until(made, lambda found: kinds(found).count(Ready) == 2)
        lost = next(h for h in found if isinstance(h, Lost))
        assert "silent for 2 s" in lost.reason

    play(compute(tmp_path, "falls silent", patience_s=2.0), scene)


def test_a_compute_that_never_gets_ready_is_killed(tmp_path: Path) -> None:
    async def scene(made: SupervisedCompute) -> None:
        found = await until(made, lambda found: Lost in kinds(found))
        assert "silent" in found[0].reason

    play(compute(tmp_path, "never ready", patience_s=2.0), scene)


def test_nonsense_ends_a_life(tmp_path: Path) -> None:
    async def scene(made: SupervisedCompute) -> None:
        found = await until(made, lambda found: Lost in kinds(found))
        lost = next(h for h in found if isinstance(h, Lost))
        assert "unreadable" in lost.reason

    play(compute(tmp_path, "talks nonsense"), scene)


def test_what_the_user_must_mend_is_told_at_once(tmp_path: Path) -> None:
    async def scene(made: SupervisedCompute) -> None:
        found = await until(made, lambda found: Hopeless in kinds(found))
        assert kinds(found) == [Hopeless]
        assert isinstance(found[0].error, Invalid)
        assert "nobody answers" in found[0].error.message

    play(compute(tmp_path, "refuses the input"), scene)


def test_a_crash_loop_ends_with_the_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.restart_policy.MAX_WITHOUT_READY", 3)

    async def scene(made: SupervisedCompute) -> None:
        found = await until(made, lambda found: Hopeless in kinds(found))
        assert kinds(found) == [Lost, Lost, Lost, Hopeless]
        error = found[-1].error
        assert isinstance(error, Transient)
        assert "no such module: science" in error.message
        assert "compute.log" in error.message

    play(compute(tmp_path, "dies before ready"), scene)


def test_a_job_that_kills_every_compute_ends_in_a_diagnosis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.restart_policy.MAX_WITHOUT_RESULT", 3)

    async def scene(made: SupervisedCompute) -> None:
        found: list[Happening] = []
        while Hopeless not in kinds(found):
            news = await until(made, bool)
            if Ready in kinds(news):
                made.send(RunJob(job=JOB))
            found.extend(news)
        assert kinds(found).count(Lost) == 3

    play(compute(tmp_path, "dies of a job"), scene)


def test_an_error_nobody_foresaw_in_the_watch_is_told(tmp_path: Path) -> None:
    def command(_read: int, _write: int) -> list[str]:
        raise LookupError("nowhere")

    made = SupervisedCompute(tmp_path, tmp_path / "compute.log", {}, command=command)

    async def scene(made: SupervisedCompute) -> None:
        (happening,) = await until(made, bool)
        assert isinstance(happening, Hopeless)
        assert isinstance(happening.error, InternalError)
        assert "LookupError: nowhere" in happening.error.message

    play(made, scene)


def test_stopping_leaves_no_process(tmp_path: Path) -> None:
    pids: list[int] = []

    async def scene(made: SupervisedCompute) -> None:
        await until(made, lambda found: Ready in kinds(found))
        assert made._link is not None
        pids.append(made._link.pid)

    play(compute(tmp_path, "works"), scene)
    assert not Path("/proc", str(pids[0])).exists()


def test_what_the_user_has_on_the_path_comes_behind_our_code(tmp_path: Path) -> None:
    environment = compute_environment({"PYTHONPATH": f":plugins:{ROOT}:/opt/more"}, tmp_path)
    paths = environment["PYTHONPATH"].split(os.pathsep)
    assert paths == [str(ROOT), str(tmp_path / "plugins"), "/opt/more"]
