from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.messages import (
    Answered,
    Ask,
    CancelJob,
    Configure,
    Fault,
    Heartbeat,
    JobFinished,
    JobLost,
    JobStarted,
    Learn,
    Ready,
    RunJob,
)
from experiments.campaign import Campaign, PartChoice
from experiments.fidelity import Fidelity
from experiments.observation import FailureKind
from tests.agents.compute_process import ComputeProcess, descendants, living
from tests.agents.tiny_campaign import job, tiny_campaign


@pytest.fixture
def compute(tmp_path: Path) -> Iterator[ComputeProcess]:
    process = ComputeProcess(tmp_path)
    yield process
    process.close()


def configure(campaign: Campaign, home: Path, **changes: object) -> Configure:
    fields = {"executor": "in_process", **changes}
    return Configure(
        campaign=campaign, home=str(home), artifact_url=str(home / "artifacts"), **fields
    )


def test_a_campaign_runs_over_real_ray_and_everything_ends_with_the_line(
    compute: ComputeProcess, tmp_path: Path
) -> None:
    campaign = tiny_campaign()
    compute.send(configure(campaign, tmp_path, executor="ray", n_workers=2))
    ready = compute.until(Ready)
    assert ready.slots == 2
    assert set(ready.stage_versions) == {"generate", "read", "characterize", "evaluate"}

    question = Ask(request_id="1", left={"coarse": 4, "fine": 2}, n_candidates=3, position=0)
    compute.send(question)
    answer = compute.until(Answered)
    assert answer.request_id == "1"
    assert len(answer.ranking.candidates) == 3

    jobs = [job(campaign, porosity=0.35), job(campaign, "fine", porosity=0.45)]
    compute.send(*[RunJob(job=one) for one in jobs])
    finished = [compute.until(JobFinished).observation for _ in jobs]
    assert {one.job.id for one in finished} == {one.id for one in jobs}
    for observation in finished:
        assert observation.failure is None
        assert observation.provenance.busy_s > 0
        assert Path(observation.provenance.artifacts["voxels"].url.removeprefix("file://")).exists()

    compute.send(Learn(observations=tuple(finished)), RunJob(job=jobs[0]))
    again = compute.until(JobFinished).observation
    assert all(record.cached for record in again.provenance.stages)
    assert again.provenance.busy_s == 0
    assert compute.until(Heartbeat).round_trip_s < 5

    family = descendants(compute.process.pid)
    assert len(family) > 4
    compute.hang_up()
    compute.process.wait(15)
    assert soon_gone(family)


def test_a_worker_a_deadline_and_compute_itself_can_be_killed(
    compute: ComputeProcess, tmp_path: Path
) -> None:
    slow = tiny_campaign(fidelities=slow_fidelities(), deadline_s=4.0)
    compute.send(configure(slow, tmp_path, executor="ray", n_workers=1))
    compute.until(Ready)
    doomed, dropped = job(slow), job(slow, porosity=0.5)
    compute.send(RunJob(job=doomed), RunJob(job=dropped), CancelJob(job_id=dropped.id))
    assert compute.until(JobStarted).job_id == doomed.id
    os.kill(busy_worker(compute.process.pid), signal.SIGKILL)
    assert compute.until(JobLost).job_id == doomed.id

    compute.send(RunJob(job=doomed))
    observation = compute.until(JobFinished).observation
    assert observation.job == doomed
    assert observation.failure is not None
    assert observation.failure.kind is FailureKind.timed_out
    assert 0 < observation.provenance.busy_s < 60

    family = descendants(compute.process.pid)
    compute.process.kill()
    compute.process.wait()
    assert soon_gone(family)


def test_control_going_away_ends_compute_before_it_is_ready(
    compute: ComputeProcess, tmp_path: Path
) -> None:
    compute.send(configure(tiny_campaign(), tmp_path, executor="ray", n_workers=1))
    compute.hang_up()
    assert compute.process.wait(30) is not None


def test_ctrl_c_is_left_to_control_and_sigterm_ends(
    compute: ComputeProcess, tmp_path: Path
) -> None:
    compute.send(configure(tiny_campaign(), tmp_path))
    compute.until(Ready)
    compute.process.send_signal(signal.SIGINT)
    compute.until(Heartbeat)
    compute.process.send_signal(signal.SIGTERM)
    assert compute.process.wait(10) is not None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ray_address": "ray://head:10001", "executor": "ray"}, "on a node of the cluster"),
        ({"ray_address": "127.0.0.1:1", "executor": "ray"}, "nobody answers"),
        ({"generator": PartChoice(name="magic")}, "allowed: stochastic"),
        ({"decider": PartChoice(name="oracle")}, "allowed: cellwright, sobol, random"),
    ],
)
def test_what_the_user_must_mend_is_a_fault_that_says_so(
    compute: ComputeProcess, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    parts = {key: changes.pop(key) for key in ("generator", "decider") if key in changes}
    compute.send(configure(tiny_campaign(**parts), tmp_path, **changes))
    fault = compute.receive(15.0)
    assert isinstance(fault, Fault)
    assert fault.is_fatal
    assert fault.is_invalid_input
    assert message in fault.message
    assert compute.receive(15.0) is None


@pytest.mark.parametrize("line", [b"{nonsense}\n", b"x" * (17 * 1024 * 1024)])
def test_an_unreadable_line_is_a_fault(
    compute: ComputeProcess, tmp_path: Path, line: bytes
) -> None:
    with contextlib.suppress(BrokenPipeError):  # it need not read to the end of nonsense
        compute.send_raw(line)
    fault = compute.receive(15.0)
    assert isinstance(fault, Fault)
    assert fault.is_fatal
    assert compute.process.wait(10) == 1


def slow_fidelities() -> tuple[Fidelity, ...]:
    """A level whose one volume takes many seconds to make."""
    slow = Fidelity(name="coarse", voxels=192, voxel_size_um=0.4, mesh_points=8)
    return (slow, slow.model_copy(update={"name": "fine"}))


def busy_worker(pid: int) -> int:
    """Return the worker process that runs a task."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for child in descendants(pid):
            if b"ray::task" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
    raise AssertionError("no worker runs a task")


def soon_gone(pids: set[int], patience_s: float = 15.0) -> bool:
    """Say whether all the processes end in time."""
    end = time.monotonic() + patience_s
    while left := living(pids):
        if time.monotonic() > end:
            return not left
    return True
