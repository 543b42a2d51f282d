"""The structures a generator learns from: made or read, checked, and known by their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from experiments.errors import Invalid
from experiments.frozen import content_hash
from experiments.generation import VolumeRequest
from experiments.microstructure import PHASE_LABEL, PhaseName
from simulators.microstructure.generative.section_file import read_section
from simulators.microstructure.generative.training_file import TrainingFile, beside
from simulators.microstructure.image_formats import open_image
from simulators.microstructure.voxels import Labels

_ROUNDING: Final = 0.01
"""How far an image's own voxels may be from the training file's, relative: what writers round."""


@dataclass(frozen=True)
class Sample:
    """One structure and the training label it belongs to."""

    label: int
    """Index into the label space's points."""
    labels: Labels
    """Phase numbers from 0, `z x y x x`; a section has one layer."""
    sha256: str
    """Of the voxels, with their shape."""

    @property
    def is_section(self) -> bool:
        """Say whether the sample is flat."""
        return bool(self.labels.shape[0] == 1)


def load_samples(
    training: TrainingFile,
    source: Path,
    cache: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Sample]:
    """Return all training samples. Raises ``Invalid`` naming the file or label that is wrong."""
    if training.kind == "recipes":
        return [
            _sample(training, i, made_volume(training, row, seed, cache), f"label {row}")
            for i, row in enumerate(training.train)
            for seed in _seeds(training, i, progress)
        ]
    from simulators.microstructure.image_file import read_labels

    samples = []
    for i, image in enumerate(training.samples):
        path = beside(source, image.file)
        if image.voxel_size_um is None:
            axes = "zyx" if training.kind == "volumes" else "yx"
            _require_voxels(path, training.voxel_size_um * 1e-6, axes)
        values = None if image.values is None else {str(k): v for k, v in image.values.items()}
        if training.kind == "volumes":
            labels = read_labels(str(path), values, training.voxel_size_um * 1e-6).labels
        else:
            labels = read_section(path, values)
        samples.append(_sample(training, i, labels, str(path)))
    return samples


def _require_voxels(path: Path, wanted_m: float, axes: str) -> None:
    """Raise ``Invalid`` where an image says of itself that its voxels have another size."""
    own_m = open_image(str(path)).voxel_size_m
    if own_m is None:
        return
    for axis, size_m in zip(axes, own_m[-len(axes) :], strict=True):
        if abs(size_m / wanted_m - 1.0) > _ROUNDING:
            raise Invalid(
                f"{path}: says that its voxels are {size_m * 1e6:.4g} µm along {axis}; the "
                f"training file says {wanted_m * 1e6:.4g}; resample it, or where it is wrong give "
                "its voxel_size_um beside its name"
            )


def made_volume(
    training: TrainingFile, labels: tuple[float, ...], seed: int, cache: Path | None
) -> Labels:
    """Return one volume of the stochastic generator, from the cache where it is known."""
    from simulators.microstructure.stochastic import StochasticGenerator

    generator = StochasticGenerator()
    request = VolumeRequest(
        recipe=training.recipe_at(labels),
        shape=(training.voxels,) * 3,
        voxel_size_m=training.voxel_size_um * 1e-6,
        seed=seed,
    )
    key = content_hash([generator.version, request.model_dump(mode="json")])
    path = None if cache is None else cache / f"{key}.npz"
    if path is not None and path.exists():
        with np.load(path) as kept:
            labels_kept: Labels = kept["labels"]
        return labels_kept
    made = generator.generate(request).labels
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez_compressed(part, labels=made)
        part.replace(path)
    return made


def withheld_seed(label: int, i: int) -> int:
    """Return the seed of the i-th fresh volume of a withheld label; never one of training."""
    return 1_000_000_000 + 10_000 * label + i


def training_seed(label: int, i: int) -> int:
    """Return the seed of the i-th training volume of a label."""
    return 10_000 * label + i


def fresh_seed(label: int, i: int) -> int:
    """Return the seed of the i-th fresh volume of a training label; never one of training."""
    return 2_000_000_000 + 10_000 * label + i


def numbered(labels: Labels, phases: Sequence[PhaseName]) -> Labels:
    """Return the voxels with phases numbered as listed; 255 for every other phase."""
    number = np.full(256, 255, dtype=np.uint8)
    for i, phase in enumerate(phases):
        number[PHASE_LABEL[phase]] = i
    renamed: Labels = number[labels]
    return renamed


def voxels_sha256(renamed: Labels) -> str:
    """Return the hash by which a card knows a sample: of its numbered voxels and their shape."""
    return hashlib.sha256(repr(renamed.shape).encode() + renamed.tobytes()).hexdigest()


def _seeds(training: TrainingFile, i: int, progress: Callable[[str], None]) -> list[int]:
    progress(f"structures of label {i + 1} of {len(training.train)}")
    return [training_seed(i, k) for k in range(training.volumes_per_label)]


def _sample(training: TrainingFile, label: int, labels: Labels, where: str) -> Sample:
    """Return the checked sample, phases numbered as the training file lists them."""
    plane = labels.shape[1:] if labels.shape[0] == 1 else labels.shape
    if min(plane) < training.course.crop:
        raise Invalid(
            f"{where}: {' x '.join(map(str, labels.shape))} voxels; every edge must have at least "
            f"course.crop, which is {training.course.crop} and may be from 64 on"
        )
    renamed = numbered(labels, training.phases)
    counts = np.bincount(renamed.reshape(-1), minlength=256)
    if counts[255]:
        raise Invalid(f"{where}: holds phases that are not in {', '.join(training.phases)}")
    for i, phase in enumerate(training.phases):
        if counts[i] == 0:
            raise Invalid(f"{where}: has no {phase}; every sample must hold every phase")
    return Sample(label=label, labels=renamed, sha256=voxels_sha256(renamed))
