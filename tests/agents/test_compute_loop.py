from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.clock import Clock
from agents.compute_loop import HEARTBEAT_S, ComputeLoop
from agents.in_process_executor import InProcessExecutor
from agents.line_reader import LineReader
from agents.messages import (
    Answered,
    Ask,
    Configure,
    Heartbeat,
    JobFinished,
    Ready,
    RunJob,
    Score,
    ScoreFailed,
    Shutdown,
    ToControl,
    encode,
)
from experiments.errors import Invalid
from experiments.fidelity import Fidelity
from experiments.frozen import Frozen
from tests.agents.tiny_campaign import job, tiny_campaign

CHEAP = Fidelity(name="coarse", voxels=16, voxel_size_um=1.5, mesh_points=5, model="SPM")
CAMPAIGN = tiny_campaign(fidelities=(CHEAP, CHEAP.model_copy(update={"name": "fine"})))


class Talk:
    """A loop in this process, with the two ends of its conversation."""

    def __init__(self, folder: Path) -> None:
        self.told: list[ToControl] = []
        self.now_s = 0.0
        read, self._write = os.pipe()
        self._reader = LineReader(read)
        self._reader.start()
        self.configure = Configure(
            campaign=CAMPAIGN, home=str(folder), artifact_url=str(folder), executor="in_process"
        )
        self._loop = ComputeLoop(
            self.configure,
            executor=InProcessExecutor(),
            tell=self.told.append,
            clock=Clock(monotonic_s=lambda: self.now_s, now=lambda: "2026-03-02T09:00:00+00:00"),
        )

    def send(self, *messages: Frozen) -> None:
        for message in messages:
            os.write(self._write, encode(message))

    def turn_until(self, is_enough: Callable[[], bool]) -> None:
        """Turn the loop, a pulse's time each, until that is enough."""
        for _ in range(200):
            if is_enough():
                return
            assert self._loop.turn(self._reader)
            self.now_s += HEARTBEAT_S
        raise AssertionError(f"only {[type(one).__name__ for one in self.told]}")

    def turn(self) -> bool:
        return self._loop.turn(self._reader)

    def heard(self, kind: type[ToControl]) -> list[ToControl]:
        return [one for one in self.told if isinstance(one, kind)]

    def hang_up(self) -> None:
        if self._write >= 0:
            os.close(self._write)
            self._write = -1


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    made = Talk(tmp_path)
    yield made
    made.hang_up()


def test_a_job_that_comes_before_compute_is_ready_is_run_once_it_is(talk: Talk) -> None:
    talk.send(RunJob(job=job(CAMPAIGN)))
    talk.turn_until(lambda: bool(talk.heard(JobFinished)))
    kinds = [type(one) for one in talk.told]
    assert kinds.index(Ready) < kinds.index(JobFinished)
    (finished,) = talk.heard(JobFinished)
    assert isinstance(finished, JobFinished)
    assert finished.observation.job == job(CAMPAIGN)


def test_a_question_is_answered_and_a_pulse_is_felt(talk: Talk) -> None:
    talk.send(Ask(request_id="1", left={"coarse": 4}, n_candidates=2, position=0))
    talk.turn_until(lambda: bool(talk.heard(Answered)) and len(talk.heard(Heartbeat)) > 1)
    numbers = [one.sequence for one in talk.told if isinstance(one, Heartbeat)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_what_is_made_of_a_design_in_somebodys_mind_is_told_under_its_own_name(talk: Talk) -> None:
    design = job(CAMPAIGN).design
    about = {"designs": (design,), "fidelity": "coarse", "left": {"coarse": 4}, "position": 0}
    talk.send(Score(request_id="edit-1", **about))
    talk.turn_until(lambda: bool(talk.heard(ScoreFailed)))
    (failed,) = talk.heard(ScoreFailed)
    assert isinstance(failed, ScoreFailed)
    assert failed.request_id == "edit-1"
    assert "scores only what it proposes itself" in failed.message


def test_a_shutdown_ends_the_loop(talk: Talk) -> None:
    talk.turn_until(lambda: bool(talk.heard(Ready)))
    talk.send(Shutdown())
    while talk.turn():
        talk.now_s += HEARTBEAT_S


def test_the_end_of_the_line_ends_the_loop(talk: Talk) -> None:
    talk.hang_up()
    while talk.turn():
        talk.now_s += HEARTBEAT_S


def test_a_second_configuration_is_refused(talk: Talk) -> None:
    talk.send(talk.configure)
    with pytest.raises(Invalid, match="twice"):
        talk.turn_until(lambda: False)
