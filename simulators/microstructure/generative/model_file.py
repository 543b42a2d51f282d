"""A trained network as one safetensors file whose metadata is its model card.

Nothing in it is code: reading a foreign file can at worst fail, and then in one line.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Final, Literal

import torch
from pydantic import Field, JsonValue, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from experiments.errors import Invalid
from experiments.frozen import Frozen
from experiments.microstructure import PhaseName
from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.generative.labels import LabelSpace
from simulators.microstructure.generative.network import NetworkShape, VolumeNetwork

CARD_KEY: Final = "cellwright_model_card"


class TrainingRecord(Frozen):
    """How the weights came about."""

    kind: str
    objective: str
    n_steps: int = Field(ge=0)
    busy_s: float = Field(ge=0)
    """Processor seconds spent, over all resumed parts."""
    seed: int
    data_sha256: tuple[str, ...]
    """Of every sample shown."""
    training_sha256: str
    """Of the training file's content."""


class ModelCard(Frozen):
    """What a user must know of a model before believing it."""

    format: Literal[1] = 1
    name: str
    network: NetworkShape
    phases: tuple[PhaseName, ...]
    labels: LabelSpace
    voxel_size_m: float = Field(gt=0)
    recipe: ElectrodeRecipe | None = None
    """What all training structures shared beside their labels; None for images."""
    withheld: tuple[tuple[float, ...], ...] = ()
    mean_fractions: tuple[tuple[float, ...], ...]
    """Phase fractions of the training structures, one row a training label."""
    training: TrainingRecord
    audits: dict[str, JsonValue] = Field(default_factory=dict)
    """Results of ``cellwright audit generator --record``, by audit."""
    versions: dict[str, str] = Field(default_factory=dict)


def write_model(path: Path, network: VolumeNetwork, card: ModelCard) -> None:
    """Write weights and card in one step: a killed process leaves the old file or the new one."""
    weights = {name: value.detach().cpu().contiguous() for name, value in _tensors(network)}
    part = path.with_name(path.name + ".part")
    part.write_bytes(save(weights, metadata={CARD_KEY: card.model_dump_json()}))
    part.replace(path)


def read_model(path: Path) -> tuple[VolumeNetwork, ModelCard]:
    """Return network and card. Raises ``Invalid`` in one line for every file that is not ours."""
    card, weights = _read(path)
    network = VolumeNetwork(card.network)
    wanted = dict(_tensors(network))
    if set(weights) != set(wanted):
        odd = sorted(set(weights) ^ set(wanted))[0]
        raise Invalid(f"{path}: its weights are not those of its card (first difference: {odd})")
    for name, value in weights.items():
        if value.shape != wanted[name].shape or not torch.isfinite(value).all():
            raise Invalid(
                f"{path}: weight {name} has shape {tuple(value.shape)} or holds numbers that are "
                f"not finite; the card wants {tuple(wanted[name].shape)}"
            )
    network.load_state_dict(weights)
    network.eval().requires_grad_(False)
    return network, card


def read_card(path: Path) -> ModelCard:
    """Return the card alone. Raises ``Invalid``."""
    return _read(path)[0]


def _read(path: Path) -> tuple[ModelCard, dict[str, Tensor]]:
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise Invalid(f"{path}: there is no such model file") from error
    except (SafetensorError, OSError, ValueError, struct.error) as error:
        raise Invalid(f"{path}: is no readable safetensors file ({error})") from error
    if CARD_KEY not in metadata:
        raise Invalid(f"{path}: a safetensors file without a model card of Cellwright")
    try:
        return ModelCard.model_validate_json(metadata[CARD_KEY]), weights
    except (ValidationError, json.JSONDecodeError) as error:
        raise Invalid(
            f"{path}: its model card cannot be read; was it made by a newer version?"
        ) from (error)


def _tensors(network: VolumeNetwork) -> list[tuple[str, Tensor]]:
    return list(network.state_dict().items())
