"""From a training file to a model file: load, teach, describe."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np
import torch

from experiments.frozen import content_hash
from simulators.microstructure.generative.flow_matching import FlowMatching
from simulators.microstructure.generative.model_file import (
    ModelCard,
    TrainingRecord,
    write_model,
)
from simulators.microstructure.generative.network import VolumeNetwork
from simulators.microstructure.generative.samples import Sample, load_samples
from simulators.microstructure.generative.slice_matching import SliceMatching
from simulators.microstructure.generative.trainer import Objective, Progress, Trained, train
from simulators.microstructure.generative.training_file import TrainingFile


def train_model(
    training: TrainingFile,
    source: Path,
    output: Path,
    *,
    cache: Path | None,
    device: str = "cpu",
    say: Callable[[str], None] = lambda _: None,
    report: Callable[[Progress], None] = lambda _: None,
    on_checkpoint: Callable[[VolumeNetwork, ModelCard], None] = lambda _network, _card: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> tuple[Trained, ModelCard]:
    """Train, or go on training, and write the model to ``output`` at every checkpoint.

    The checkpoint lies beside it. Raises ``Invalid`` for data that cannot be used.
    """
    samples = load_samples(training, source, cache, say)
    torch.manual_seed(training.course.seed)
    network = VolumeNetwork(training.network_shape).to(device)
    space = training.label_space
    vectors = torch.from_numpy(space.vectors()).float()
    objective = objective_for(training, network, samples, vectors)
    training_sha256 = content_hash(training)
    data = tuple(dict.fromkeys(sample.sha256 for sample in samples))

    def card(n_steps: int, busy_s: float) -> ModelCard:
        return ModelCard(
            name=training.name,
            network=training.network_shape,
            phases=training.phases,
            labels=space,
            voxel_size_m=training.voxel_size_um * 1e-6,
            recipe=training.recipe,
            withheld=training.withheld,
            mean_fractions=_mean_fractions(training, samples),
            training=TrainingRecord(
                kind=training.kind,
                objective=objective.name,
                n_steps=n_steps,
                busy_s=busy_s,
                seed=training.course.seed,
                data_sha256=data,
                training_sha256=training_sha256,
                voxels=training.voxels if training.kind == "recipes" else None,
                volumes_per_label=(
                    training.volumes_per_label if training.kind == "recipes" else None
                ),
            ),
            versions={"torch": torch.__version__, "cellwright": metadata.version("cellwright")},
        )

    def keep(mean: VolumeNetwork, step: int) -> None:
        described = card(step, latest[0])
        write_model(output, mean, described)
        on_checkpoint(mean, described)

    latest = [0.0]

    def told(progress: Progress) -> None:
        latest[0] = progress.busy_s
        report(progress)

    done = train(
        network,
        objective,
        training.course,
        checkpoint=output.with_suffix(".checkpoint"),
        key=content_hash([training_sha256, list(data)]),
        report=told,
        on_checkpoint=keep,
        is_stopped=is_stopped,
    )
    final = card(done.n_steps, done.busy_s)
    write_model(output, done.network, final)
    return done, final


def objective_for(
    training: TrainingFile, network: VolumeNetwork, samples: list[Sample], vectors: torch.Tensor
) -> Objective:
    """Return what teaches: flow matching where there are volumes, sections otherwise."""
    course = training.course
    if training.kind in ("recipes", "volumes") and training.objective == "flow":
        return FlowMatching(network, samples, vectors, crop=course.crop, batch=course.batch)
    return SliceMatching(network, samples, vectors, crop=course.crop)


def _mean_fractions(training: TrainingFile, samples: list[Sample]) -> tuple[tuple[float, ...], ...]:
    """Return mean phase fractions, one row a training label."""
    rows = []
    for label in range(len(training.label_space.points)):
        found = [
            np.bincount(one.labels.reshape(-1), minlength=len(training.phases)) / one.labels.size
            for one in samples
            if one.label == label
        ]
        rows.append(tuple(float(value) for value in np.mean(found, axis=0)))
    return tuple(rows)
