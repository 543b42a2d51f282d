"""Everything that is held against a model, in one pass over its labels.

Real structures are made anew by the stochastic generator that made the training ones, with seeds
that training never used, so an audit needs no files. A model of images is audited against its own
image by ``image_audit``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from experiments.errors import Invalid
from experiments.frozen import Frozen
from experiments.generation import VolumeRequest
from simulators.microstructure.generative.comparison import Compared, compare
from simulators.microstructure.generative.learned_model import LearnedModel
from simulators.microstructure.generative.memorisation import Memorisation, TrainingIndex, judge
from simulators.microstructure.generative.metrics import Measured, measure
from simulators.microstructure.generative.regularity import Limit, check_regularity
from simulators.microstructure.generative.samples import training_seed, withheld_seed
from simulators.microstructure.generative.training_file import relabelled
from simulators.microstructure.stochastic import StochasticGenerator
from simulators.microstructure.voxels import Labels


class AuditSize(Frozen):
    """How much to look at; the defaults are the bars' own."""

    n_volumes: int = 32
    """Real and generated volumes a withheld label."""
    voxels: int = 128
    n_labels: int = 64
    """Withheld labels looked at, the first ones."""
    with_transport: bool = True
    with_memorisation: bool = True
    volumes_per_label: int = 4
    """Training volumes a label, as the training file had them."""


@dataclass
class LabelAudit:
    """One withheld label."""

    labels: dict[str, float]
    rows: list[Compared]
    limits: list[Limit]
    real: Labels = field(repr=False)
    """One real volume, for the picture."""
    generated: Labels = field(repr=False)


@dataclass
class Audit:
    """What an audit found."""

    size: AuditSize
    by_label: list[LabelAudit]
    memorisation: Memorisation | None

    def document(self) -> dict[str, JsonValue]:
        """Return everything as plain JSON."""
        return {
            "size": self.size.model_dump(mode="json"),
            "withheld": [
                {
                    "labels": dict(one.labels),
                    "rows": [
                        {
                            **row.model_dump(mode="json"),
                            "is_within": row.is_within,
                            "is_as_varied": row.is_as_varied,
                        }
                        for row in one.rows
                    ],
                    "limits": [
                        {**limit.model_dump(mode="json"), "is_kept": limit.is_kept}
                        for limit in one.limits
                    ],
                }
                for one in self.by_label
            ],
            "memorisation": None
            if self.memorisation is None
            else {
                **self.memorisation.model_dump(mode="json"),
                "is_clean": self.memorisation.is_clean,
            },
        }


def audit_model(
    model: LearnedModel,
    size: AuditSize,
    *,
    n_threads: int = 1,
    say: Callable[[str], None] = lambda _: None,
) -> Audit:
    """Return the audit of a model trained on recipes. Raises ``Invalid`` for any other."""
    card = model.card
    if card.recipe is None or not card.withheld:
        raise Invalid(f"model {card.name}: has no recipes with withheld labels to audit against")
    by_label, generated_far, fresh_far = [], [], []
    index = None
    if size.with_memorisation:
        say("transforming the training structures")
        index = TrainingIndex(list(_training_volumes(model, size, n_threads)), len(card.phases))
    for i, row in enumerate(card.withheld[: size.n_labels]):
        labels = dict(zip(card.labels.names, row, strict=True))
        say(f"label {i + 1} of {len(card.withheld)}: {labels}")
        real = [
            real_volume(model, row, withheld_seed(i, k), size.voxels, n_threads)
            for k in range(size.n_volumes)
        ]
        generated, raw = [], []
        for k in range(size.n_volumes):
            fractions = [float(np.mean(real[k] == phase)) for phase in range(len(card.phases))]
            drawn = model.draw(labels, (size.voxels,) * 3, seed=k, fractions=fractions)
            generated.append(drawn.labels)
            raw.append(
                {
                    str(phase): value
                    for phase, value in zip(card.phases, drawn.raw_fractions, strict=True)
                }
            )
        say("measuring")
        rows = compare(
            [_measured(one, model, size, n_threads) for one in real],
            [
                _before_correction(_measured(one, model, size, n_threads), fractions_)
                for one, fractions_ in zip(generated, raw, strict=True)
            ],
        )
        limits = check_regularity(real, generated)
        by_label.append(LabelAudit(labels, rows, limits, real[0], generated[0]))
        if index is not None:
            say("comparing with the training structures")
            for k in range(size.n_volumes):
                fresh_far += index.distances(real[k])
                generated_far += index.distances(generated[k])
    tested = judge(generated_far, fresh_far) if index is not None else None
    return Audit(size, by_label, tested)


def real_volume(
    model: LearnedModel, row: tuple[float, ...], seed: int, voxels: int, n_threads: int
) -> Labels:
    """Return one structure as the training ones were made."""
    card = model.card
    if card.recipe is None:
        raise Invalid(f"model {card.name}: was not trained on recipes")
    request = VolumeRequest(
        recipe=relabelled(card.recipe, dict(zip(card.labels.names, row, strict=True))),
        shape=(voxels,) * 3,
        voxel_size_m=card.voxel_size_m,
        seed=seed,
    )
    return StochasticGenerator(n_threads=n_threads).generate(request).labels


def record_audit(path: Path, audit: Audit) -> None:
    """Write what was found into the model's card."""
    from simulators.microstructure.generative.model_file import read_model, write_model

    network, card = read_model(path)
    audits = {**card.audits, "withheld": audit.document()}
    write_model(path, network, card.model_copy(update={"audits": audits}))


def _training_volumes(model: LearnedModel, size: AuditSize, n_threads: int) -> Iterator[Labels]:
    for i, row in enumerate(model.card.labels.points):
        for k in range(size.volumes_per_label):
            yield real_volume(model, row, training_seed(i, k), size.voxels, n_threads)


def _measured(labels: Labels, model: LearnedModel, size: AuditSize, n_threads: int) -> Measured:
    return measure(
        labels, model.card.voxel_size_m, n_threads=n_threads, with_transport=size.with_transport
    )


def _before_correction(measured: Measured, raw: dict[str, float]) -> Measured:
    """Return the measurements with the fractions that the network itself gave."""
    return {**measured, **{f"{phase}_fraction": value for phase, value in raw.items()}}
