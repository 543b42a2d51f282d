"""Everything a training needs to go on: weights, their running mean, the optimizer's moments.

One safetensors file, replaced in one step. The random numbers need no place in it: those of a step
follow from the seed and the step's number.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from experiments.errors import Invalid
from simulators.microstructure.generative.network import VolumeNetwork

_KEY: Final = "cellwright_training"
_MOMENTS: Final = ("exp_avg", "exp_avg_sq")
"""What Adam keeps of every parameter."""


@dataclass(frozen=True)
class Checkpoint:
    """One moment of a training."""

    tensors: dict[str, Tensor]
    step: int
    busy_s: float
    key: str

    @classmethod
    def of(
        cls,
        network: VolumeNetwork,
        mean: VolumeNetwork,
        optimizer: torch.optim.Optimizer,
        step: int,
        busy_s: float,
        key: str,
    ) -> Checkpoint:
        """Return the present moment."""
        tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
        tensors |= {f"mean.{name}": value for name, value in mean.state_dict().items()}
        for name, parameter in network.named_parameters():
            kept = optimizer.state.get(parameter, {})
            tensors |= {f"{moment}.{name}": kept[moment] for moment in _MOMENTS if kept}
        plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        return cls(tensors=plain, step=step, busy_s=busy_s, key=key)

    def restore(
        self, network: VolumeNetwork, mean: VolumeNetwork, optimizer: torch.optim.Optimizer
    ) -> None:
        """Put network, running mean and optimizer back to this moment."""
        network.load_state_dict(self._part("network"))
        mean.load_state_dict(self._part("mean"))
        moments = {moment: self._part(moment) for moment in _MOMENTS}
        for name, parameter in network.named_parameters():
            if name in moments[_MOMENTS[0]]:
                kept = {m: of[name].to(parameter.device) for m, of in moments.items()}
                optimizer.state[parameter] = {"step": torch.tensor(float(self.step)), **kept}

    def _part(self, name: str) -> dict[str, Tensor]:
        start = f"{name}."
        return {k[len(start) :]: v for k, v in self.tensors.items() if k.startswith(start)}


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replace the file in one step, so that a kill at any time leaves a whole one."""
    metadata = {
        _KEY: checkpoint.key,
        "step": str(checkpoint.step),
        "busy_s": repr(checkpoint.busy_s),
    }
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(save(checkpoint.tensors, metadata=metadata))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def read_checkpoint(path: Path, key: str) -> Checkpoint | None:
    """Return what a file holds, or None where there is none.

    Raises ``Invalid`` where it cannot be read or belongs to other data or another course.
    """
    if not path.exists():
        return None
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        step, busy_s = int(metadata["step"]), float(metadata["busy_s"])
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise Invalid(
            f"{path}: is no readable checkpoint ({error}); remove it to train from the start"
        ) from error
    if metadata.get(_KEY) != key:
        raise Invalid(
            f"{path}: belongs to other data or another training file; remove it to train from "
            "the start, or give another -o"
        )
    return Checkpoint(tensors=tensors, step=step, busy_s=busy_s, key=key)
