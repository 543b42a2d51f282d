"""A trained network as one safetensors file whose metadata is its model card.

Nothing in it is code: reading a foreign file can at worst fail, and then in one line.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final, Literal

import torch
from pydantic import Field, JsonValue, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
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
    voxels: int | None = Field(default=None, ge=1)
    """Along the edge of every structure shown; None for images, which have their own sizes."""
    volumes_per_label: int | None = Field(default=None, ge=1)
    """Structures shown a label; None for images."""


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
    return parse_model(read_content(path), str(path))


def parse_model(content: bytes, path: str) -> tuple[VolumeNetwork, ModelCard]:
    """Return network and card of a file's content. Raises ``Invalid`` in one line."""
    card, weights = _parse(content, path)
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
    return _parse(read_content(path), str(path))[0]


def read_content(path: Path) -> bytes:
    """Return the file's bytes. Raises ``Invalid`` where there are none to read."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Invalid(f"{path}: there is no such model file") from error
    except OSError as error:
        raise Invalid(f"{path}: cannot be read ({error.strerror or error})") from error


def drawing_sha256(network: VolumeNetwork, card: ModelCard) -> str:
    """Return the hash of all that decides what is drawn: weights, and part of the card.

    Name, training record and audits are left out: a recorded audit draws no other voxels.
    """
    told = card.model_dump(
        mode="json", include={"network", "phases", "labels", "voxel_size_m", "recipe"}
    )
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name, value in sorted(_tensors(network)):
        there = value.detach().cpu().contiguous()
        digest.update(f"{name} {there.dtype} {tuple(there.shape)}".encode())
        digest.update(there.numpy().tobytes())
    return digest.hexdigest()


def _parse(content: bytes, path: str) -> tuple[ModelCard, dict[str, Tensor]]:
    try:
        weights = load(content)
        # a header that ``load`` accepted: its length in eight bytes, then JSON
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    except (SafetensorError, ValueError) as error:
        raise Invalid(f"{path}: is no readable safetensors file ({error})") from error
    metadata = header.get("__metadata__", {})
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
