"""A model ready to draw: found by name or path, loaded once, its fractions made exact."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import torch

from experiments.errors import Invalid
from experiments.microstructure import PHASE_LABEL
from simulators.microstructure.generative.exact_fractions import correct_fractions, whole_counts
from simulators.microstructure.generative.model_file import (
    ModelCard,
    drawing_sha256,
    parse_model,
    read_content,
)
from simulators.microstructure.generative.network import VolumeNetwork
from simulators.microstructure.generative.sampling import (
    Margins,
    Sampling,
    draw_margins,
    most_likely,
    with_first,
)
from simulators.microstructure.voxels import Labels

SUFFIX: Final = ".safetensors"
_SHIPPED: Final = Path(__file__).parent / "models"


@dataclass(frozen=True)
class Drawn:
    """One volume and what the network itself had made of the fractions."""

    labels: Labels
    """`z x y x x`, phases by ``PHASE_LABEL``."""
    raw_fractions: tuple[float, ...]
    """Before the correction, in the order of the card's phases."""
    changed_share: float
    """Voxels that the correction changed, over all."""


@dataclass(frozen=True)
class LearnedModel:
    """A network with its card."""

    network: VolumeNetwork
    card: ModelCard
    sha256: str
    """Of the file's bytes that were read."""
    drawing_sha256: str = ""
    """Of all in it that decides what is drawn: a recorded audit leaves it as it is."""

    def draw(
        self,
        labels: Mapping[str, float],
        shape: tuple[int, int, int],
        seed: int,
        *,
        fractions: Sequence[float] | None = None,
        how: Sampling | None = None,
    ) -> Drawn:
        """Return one volume of these labels; ``fractions`` None leaves what the network gives.

        The hull is not asked here. Raises ``Invalid`` for names the model does not know.
        """
        return self.finish(self.margins(labels, shape, seed, how), fractions)

    def margins(
        self,
        labels: Mapping[str, float],
        shape: tuple[int, int, int],
        seed: int,
        how: Sampling | None = None,
    ) -> Margins:
        """Return every phase's score less the first's."""
        vector = self.card.labels.vector(labels) if self.card.labels.names else np.zeros(0)
        return draw_margins(self.network, vector.tolist(), shape, seed, how)

    def finish(self, margins: Margins, fractions: Sequence[float] | None) -> Drawn:
        """Return the volume of these scores, its fractions corrected."""
        numbers = most_likely(margins)
        n_phases = len(self.card.phases)
        raw = np.bincount(numbers.reshape(-1), minlength=n_phases) / numbers.size
        n_changed = 0
        if fractions is not None:
            counts = whole_counts(fractions, numbers.size)
            n_changed = correct_fractions(numbers, with_first(margins), counts)
        named = np.array([PHASE_LABEL[phase] for phase in self.card.phases], dtype=np.uint8)
        return Drawn(
            labels=named[numbers],
            raw_fractions=tuple(float(value) for value in raw),
            changed_share=n_changed / numbers.size,
        )


def load_model(name: str, device: str = "cpu") -> LearnedModel:
    """Return a shipped model by name, or one by its path. Raises ``Invalid`` in one line."""
    path = model_path(name)
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise Invalid(f"model {name}: {error.strerror or error}") from error
    return _loaded(path, changed, device)


def model_path(name: str) -> Path:
    """Return where a model's file is. Raises ``Invalid`` naming the shipped ones."""
    if name.endswith(SUFFIX) or "/" in name:
        path = Path(name)
        if not path.is_file():
            raise Invalid(f"model {name}: there is no such file")
        return path.absolute()
    path = _SHIPPED / f"{name}{SUFFIX}"
    if not path.is_file():
        shipped = ", ".join(sorted(found.stem for found in _SHIPPED.glob(f"*{SUFFIX}")))
        raise Invalid(
            f"model {name}: not known; shipped: {shipped or 'none'}; or give the path of a "
            f"{SUFFIX} file"
        )
    return path


@lru_cache(maxsize=4)
def _loaded(path: Path, changed: int, device: str) -> LearnedModel:  # noqa: ARG001
    content = read_content(path)
    network, card = parse_model(content, str(path))
    draws = drawing_sha256(network, card)
    network = network.to(torch.device(device))
    return LearnedModel(network, card, hashlib.sha256(content).hexdigest(), draws)
