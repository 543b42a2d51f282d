from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agents.messages import (
    Configure,
    Fault,
    JobFinished,
    JobLost,
    JobStarted,
    Learn,
    Ready,
    RunJob,
)
from controller.compute import GivenBack, Happening, Hopeless, Lost, TakenOver
from controller.compute_link import compute_environment
from controller.recycle_policy import RecyclePolicy
from controller.supervised_compute import SupervisedCompute
from experiments.errors import InternalError, Invalid, Transient
from experiments.job import Job
from tests.controller.doubles import small_campaign

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = small_campaign()
JOB = Job(id="a", campaign="small", design=CAMPAIGN.baseline.design, fidelity="fine", seed=1)


def compute(
    folder: Path, behaviour: str, *, patience_s: float = 30.0, start_limit_s: float = 30.0
) -> SupervisedCompute:
    (folder / "compute").mkdir()
    return SupervisedCompute(
        folder / "compute",
        folder / "compute.log",
        compute_environment(os.environ, folder),
        command=lambda read, write: [
            *(sys.executable, "-P", "-m", "tests.controller.scripted_compute"),
            *(behaviour, str(read), str(write)),
        ],
        start_limit_s=start_limit_s,
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

    play(compute(tmp_path, "never ready", start_limit_s=2.0), scene)


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
        assert made._life is not None
        pids.append(made._life._link.pid)

    play(compute(tmp_path, "works"), scene)
    assert not Path("/proc", str(pids[0])).exists()


def test_what_the_user_has_on_the_path_comes_behind_our_code(tmp_path: Path) -> None:
    environment = compute_environment({"PYTHONPATH": f":plugins:{ROOT}:/opt/more"}, tmp_path)
    paths = environment["PYTHONPATH"].split(os.pathsep)
    assert paths == [str(ROOT), str(tmp_path / "plugins"), "/opt/more"]


def test_a_fresh_compute_takes_over_while_the_last_one_finishes_its_jobs(tmp_path: Path) -> None:
    waiting = JOB.model_copy(update={"id": "b", "fidelity": "coarse"})

    async def scene(made: SupervisedCompute) -> None:
        await until(made, lambda found: Ready in kinds(found))
        made.send(RunJob(job=JOB))
        made.send(RunJob(job=waiting))
        await until(made, lambda found: JobStarted in kinds(found))
        first = made._life
        assert first is not None
        made.recycle("asked for")
        found = await until(made, lambda found: TakenOver in kinds(found))
        (taken,) = (h for h in found if isinstance(h, TakenOver))
        assert taken.kept == {"a"}
        assert taken.reason == "asked for"
        assert Lost not in kinds(found)
        made.send(RunJob(job=waiting))
        found = await until(made, lambda found: JobFinished in kinds(found))
        assert [h.observation.job.id for h in found if isinstance(h, JobFinished)] == ["b"]
        first.send(Learn(observations=()))
        found = await until(made, lambda found: JobFinished in kinds(found))
        assert [h.observation.job.id for h in found if isinstance(h, JobFinished)] == ["a"]
        await asyncio.wait(made._retirements)
        assert made._lives == {made._life}
        assert await made.next(0.1) == []

    play(compute(tmp_path, "takes its time"), scene)
    assert "cancelled b" in (tmp_path / "compute.log").read_text()


def test_what_the_last_compute_cannot_finish_is_given_back(tmp_path: Path) -> None:
    async def scene(made: SupervisedCompute) -> None:
        await until(made, lambda found: Ready in kinds(found))
        made.send(RunJob(job=JOB))
        await until(made, lambda found: JobStarted in kinds(found))
        first = made._life
        assert first is not None
        made.recycle("asked for")
        await until(made, lambda found: TakenOver in kinds(found))
        first.kill()
        found = await until(made, lambda found: GivenBack in kinds(found))
        (back,) = (h for h in found if isinstance(h, GivenBack))
        assert back.jobs == {"a"}
        assert "SIGKILL" in back.reason
        assert Lost not in kinds(found)

    play(compute(tmp_path, "takes its time"), scene)


def test_a_compute_that_is_too_old_is_replaced_by_itself(tmp_path: Path) -> None:
    made = compute(tmp_path, "works")
    made._recycling = RecyclePolicy(largest_age_s=1.0, least_age_s=0.0)
    made._check_s = 0.1

    async def scene(made: SupervisedCompute) -> None:
        found = await until(made, lambda found: TakenOver in kinds(found))
        assert "h old" in next(h for h in found if isinstance(h, TakenOver)).reason

    play(made, scene)


def test_where_no_fresh_compute_gets_ready_the_present_one_goes_on(tmp_path: Path) -> None:
    async def scene(made: SupervisedCompute) -> None:
        await until(made, lambda found: Ready in kinds(found))
        made.recycle("asked for")
        found = await until(made, lambda found: Fault in kinds(found))
        assert kinds(found) == [Fault]
        assert "no room for two" in found[0].message
        made.send(RunJob(job=JOB))
        await until(made, lambda found: JobFinished in kinds(found))

    play(compute(tmp_path, "has no heir"), scene)


def test_a_job_that_ends_compute_again_and_again_is_held_responsible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.post_mortem.SUSPECT_AFTER", 2)

    async def scene(made: SupervisedCompute) -> None:
        found: list[Happening] = []
        while kinds(found).count(JobLost) < 3:
            news = await until(made, bool)
            if Ready in kinds(news):
                made.send(RunJob(job=JOB))
            found.extend(news)
        assert kinds(found).count(Lost) in (3, 4)
        assert {h.job_id for h in found if isinstance(h, JobLost)} == {"a"}

    play(compute(tmp_path, "dies of a job it began"), scene)
