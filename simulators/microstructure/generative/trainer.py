"""The training loop: steps, a running mean of the weights, checkpoints, and a clean resume.

What a step draws depends only on the seed and the step's number, so a training that was killed and
resumed shows the network the same pieces as one that ran through.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import torch
from torch import Tensor

from experiments.errors import Invalid
from simulators.microstructure.generative.checkpoint import (
    Checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from simulators.microstructure.generative.device import small_numbers_as_zero
from simulators.microstructure.generative.network import VolumeNetwork
from simulators.microstructure.generative.training_file import Course

_DECAY: Final = 0.995
"""Of the running mean of the weights, per step; shorter while there are few steps."""
_WARM_UP: Final = 50
"""Steps over which the learning rate rises."""
_FLAT: Final = 0.4
"""Share of the course after which the learning rate falls, to a fiftieth at its end (assumed)."""
_LOWEST: Final = 0.02
_CLIP: Final = 1.0
"""Largest norm of a step's gradient."""
_REPORT_EVERY: Final = 25


class Objective(Protocol):
    """What the network is taught by."""

    name: str

    def losses(self, random: torch.Generator) -> dict[str, Tensor]:
        """Return the losses of one step, to be summed."""


@dataclass(frozen=True)
class Progress:
    """How far a training is; losses are means since the last report."""

    step: int
    n_steps: int
    losses: dict[str, float]
    busy_s: float
    elapsed_s: float


@dataclass
class Trained:
    """What a training leaves."""

    network: VolumeNetwork
    """With the running mean of the weights."""
    n_steps: int
    busy_s: float
    is_done: bool
    losses: dict[str, float] = field(default_factory=dict)


@small_numbers_as_zero()
def train(
    network: VolumeNetwork,
    objective: Objective,
    course: Course,
    *,
    checkpoint: Path,
    key: str,
    report: Callable[[Progress], None] = lambda _: None,
    on_checkpoint: Callable[[VolumeNetwork, int], None] = lambda _network, _step: None,
    is_stopped: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> Trained:
    """Train to the end of the course, or until ``is_stopped``; resume where a checkpoint lies.

    ``key`` names data and course; a checkpoint of another key raises ``Invalid``. On a GPU the
    forward pass runs in bfloat16. Raises ``Invalid`` where a loss is not finite, before it reaches
    the weights; the last checkpoint and model file stay as they were.
    """
    optimizer = torch.optim.Adam(network.parameters(), lr=course.learning_rate)
    mean = copy.deepcopy(network).requires_grad_(False)
    step, busy_s = 0, 0.0
    found = read_checkpoint(checkpoint, key)
    if found is not None:
        step, busy_s = found.step, found.busy_s
        found.restore(network, mean, optimizer)
    device = next(network.parameters()).device
    began = saved = clock()
    busy_from = time.process_time() - busy_s
    sums: dict[str, float] = {}
    n_summed = 0

    def save() -> None:
        busy = time.process_time() - busy_from
        write_checkpoint(checkpoint, Checkpoint.of(network, mean, optimizer, step, busy, key))
        on_checkpoint(mean, step)

    while step < course.steps and not is_stopped():
        for group in optimizer.param_groups:
            group["lr"] = course.learning_rate * _schedule(step, course.steps)
        random = torch.Generator().manual_seed(course.seed * 1_000_003 + step)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            losses = objective.losses(random)
            total = torch.stack(list(losses.values())).sum()
        _require_finite(losses, step)
        optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
        _require_finite({"gradient": norm}, step)
        optimizer.step()
        step += 1
        _average(mean, network, min(_DECAY, step / (step + 10.0)))
        for name, loss in losses.items():
            sums[name] = sums.get(name, 0.0) + float(loss.detach())
        n_summed += 1
        if step % _REPORT_EVERY == 0 or step == course.steps:
            means = {name: value / n_summed for name, value in sums.items()}
            busy = time.process_time() - busy_from
            report(Progress(step, course.steps, means, busy, clock() - began))
            sums, n_summed = {}, 0
        if clock() - saved > 60.0 * course.checkpoint_minutes:
            save()
            saved = clock()
    save()
    return Trained(mean, step, time.process_time() - busy_from, is_done=step >= course.steps)


def _require_finite(values: dict[str, Tensor], step: int) -> None:
    for name, value in values.items():
        if not bool(torch.isfinite(value.detach()).all()):
            raise Invalid(
                f"training ended at step {step + 1}: {name} is {float(value.detach())}; the last "
                "checkpoint is whole; try a smaller course.learning_rate"
            )


def _schedule(step: int, n_steps: int) -> float:
    """Return the learning rate of a step over the largest."""
    rise = min(1.0, (step + 1) / _WARM_UP)
    past = max(0.0, step / n_steps - _FLAT) / (1.0 - _FLAT)
    return rise * (1.0 - (1.0 - _LOWEST) * past)


def _average(mean: VolumeNetwork, network: VolumeNetwork, decay: float) -> None:
    with torch.no_grad():
        pairs = zip(mean.parameters(), network.parameters(), strict=True)
        for slow, fast in pairs:
            slow.lerp_(fast, 1.0 - decay)
        mean.coarse_mean.copy_(network.coarse_mean)
        mean.coarse_sd.copy_(network.coarse_sd)
