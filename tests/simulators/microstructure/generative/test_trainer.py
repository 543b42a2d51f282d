import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from experiments.errors import Invalid
from simulators.microstructure.generative.flow_matching import FlowMatching
from simulators.microstructure.generative.network import NetworkShape, VolumeNetwork
from simulators.microstructure.generative.samples import Sample
from simulators.microstructure.generative.slice_matching import SliceMatching
from simulators.microstructure.generative.trainer import train
from simulators.microstructure.generative.training_file import Course
from tests.simulators.microstructure.generative.models import TINY, blobs

COURSE = Course(steps=4, crop=64, batch=1, checkpoint_minutes=1e-9)
KILLED = """
import os, signal
from pathlib import Path
from tests.simulators.microstructure.generative.test_trainer import run
steps = []
def kill(progress_network, step):
    steps.append(step)
    if step == 2:
        os.kill(os.getpid(), signal.SIGKILL)
run(Path(os.environ["FOLDER"]), on_checkpoint=kill)
"""


def taught(objective=FlowMatching):
    torch.manual_seed(0)
    network = VolumeNetwork(NetworkShape(n_labels=1, **TINY))
    samples = [Sample(label=i, labels=blobs(i), sha256=str(i)) for i in range(2)]
    vectors = torch.tensor([[-1.0], [1.0]])
    sizes = {"batch": 1} if objective is FlowMatching else {}
    return network, objective(network, samples, vectors, crop=64, **sizes)


def run(folder: Path, **options):
    network, objective = taught()
    options = {"key": "k", **options}
    return train(network, objective, COURSE, checkpoint=folder / "c.checkpoint", **options)


def weights(trained):
    return torch.cat([p.flatten() for p in trained.network.parameters()])


class Gone(BaseException):
    """The process ends here."""


def test_an_ended_training_goes_on_as_if_it_had_not(tmp_path):
    through, ended = tmp_path / "a", tmp_path / "b"
    through.mkdir()
    ended.mkdir()

    def end(_network, step):
        if step == 2:
            raise Gone

    with pytest.raises(Gone):
        run(ended, on_checkpoint=end)
    again = run(ended)
    assert again.n_steps == 4
    assert again.is_done
    assert torch.equal(weights(again), weights(run(through)))


@pytest.mark.slow
def test_a_killed_training_goes_on_as_if_it_had_not_been(tmp_path):
    through, killed = tmp_path / "a", tmp_path / "b"
    through.mkdir()
    killed.mkdir()
    died = subprocess.run(
        [sys.executable, "-c", KILLED],
        env={**os.environ, "FOLDER": str(killed)},
        cwd=Path(__file__).parents[4],
        check=False,
        timeout=280,
    )
    assert died.returncode == -signal.SIGKILL
    again = run(killed)
    assert again.n_steps == 4
    assert again.is_done
    assert torch.equal(weights(again), weights(run(through)))


@pytest.mark.parametrize("objective", [FlowMatching, SliceMatching])
def test_training_lowers_its_losses(tmp_path, objective):
    network, teaching = taught(objective)
    course = COURSE.model_copy(update={"steps": 12, "learning_rate": 0.02})

    def loss():
        return sum(
            float(one.detach())
            for seed in range(3)
            for one in teaching.losses(torch.Generator().manual_seed(seed)).values()
        )

    before = loss()
    train(network, teaching, course, checkpoint=tmp_path / "c.checkpoint", key="k")
    assert loss() < before


def test_a_stopped_training_keeps_its_place(tmp_path):
    asked = itertools.count()
    stopped = run(tmp_path, is_stopped=lambda: next(asked) >= 2)
    assert (stopped.n_steps, stopped.is_done) == (2, False)
    assert run(tmp_path).n_steps == 4


class Broken:
    """An objective whose third step divides by nothing."""

    name = "broken"

    def __init__(self, taught):
        self._taught, self._n = taught, 0

    def losses(self, random):
        self._n += 1
        losses = self._taught.losses(random)
        return {**losses, "flow": losses["flow"] / (0.0 if self._n == 3 else 1.0)}


def test_losses_that_are_not_finite_end_the_training_and_leave_its_checkpoint(tmp_path):
    network, objective = taught()
    with pytest.raises(Invalid, match="training ended at step 3: flow is inf"):
        train(network, Broken(objective), COURSE, checkpoint=tmp_path / "c.checkpoint", key="k")
    assert all(torch.isfinite(value).all() for value in network.state_dict().values())
    again = run(tmp_path)
    assert again.n_steps == 4
    assert torch.isfinite(weights(again)).all()


def test_a_checkpoint_of_other_data_is_refused(tmp_path):
    run(tmp_path)
    with pytest.raises(Invalid, match="other data"):
        run(tmp_path, key="another")


def test_a_broken_checkpoint_is_refused(tmp_path):
    (tmp_path / "c.checkpoint").write_bytes(b"half a file")
    with pytest.raises(Invalid, match="no readable checkpoint"):
        run(tmp_path)
