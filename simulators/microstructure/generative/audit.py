"""Everything that is held against a model, in one pass over its labels.

Real structures are made anew by the stochastic generator that made the training ones, with seeds
that training never used, so an audit needs no files. A model of images has no such generator and is
refused. Copies are looked for at the withheld labels and at the training labels, where a network
that learnt by heart would draw them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import Field, JsonValue

from experiments.errors import Invalid
from experiments.frozen import Frozen
from simulators.microstructure.generative.comparison import Compared, compare
from simulators.microstructure.generative.exchange import holm
from simulators.microstructure.generative.learned_model import Drawn, LearnedModel
from simulators.microstructure.generative.memorisation import Memorisation, TrainingIndex, judge
from simulators.microstructure.generative.metrics import Measured, measure
from simulators.microstructure.generative.model_file import (
    parse_model,
    read_content,
    write_model,
)
from simulators.microstructure.generative.real_structures import real_volume, shown_volumes
from simulators.microstructure.generative.regularity import Limit, check_regularity
from simulators.microstructure.generative.samples import fresh_seed, withheld_seed
from simulators.microstructure.voxels import Labels


class AuditSize(Frozen):
    """How much to look at; the defaults are the bars' own."""

    n_volumes: int = Field(default=32, ge=3)
    """Real and generated volumes a withheld label."""
    voxels: int = 128
    n_labels: int = 64
    """Withheld labels looked at, the first ones."""
    with_transport: bool = True
    with_memorisation: bool = True
    n_near: int = Field(default=4, ge=1)
    """Real and generated volumes a training label, for the search for copies alone."""


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
    """Pieces drawn at the withheld labels."""
    near: Memorisation | None = None
    """Pieces drawn at the training labels."""

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
            "memorisation": _as_json(self.memorisation),
            "memorisation_at_training_labels": _as_json(self.near),
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
    by_label: list[LabelAudit] = []
    generated_far: list[list[float]] = []
    fresh_far: list[list[float]] = []
    index = None
    if size.with_memorisation:
        say("transforming the training structures")
        index = TrainingIndex(list(shown_volumes(card, n_threads)), len(card.phases))
    for i, row in enumerate(card.withheld[: size.n_labels]):
        labels = dict(zip(card.labels.names, row, strict=True))
        say(f"label {i + 1} of {len(card.withheld)}: {labels}")
        real = [
            real_volume(card, row, withheld_seed(i, k), size.voxels, n_threads)
            for k in range(size.n_volumes)
        ]
        generated, raw = [], []
        for k in range(size.n_volumes):
            drawn = _drawn_like(model, labels, real[k], k)
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
                fresh_far.append(index.distances(real[k]))
                generated_far.append(index.distances(generated[k]))
    if index is None:
        return _adjusted(Audit(size, by_label, None))
    say("looking for copies at the training labels")
    near = _ask_near(model, index, size, n_threads)
    return _adjusted(Audit(size, by_label, judge(generated_far, fresh_far), near))


def record_audit(path: Path, audit: Audit, sha256: str) -> None:
    """Write what was found into the card of the file that was audited.

    Raises ``Invalid`` where the file is another one by now (``sha256`` is the audited file's), or
    where it cannot be written.
    """
    content = read_content(path)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Invalid(f"{path}: has changed since it was audited; the result is not recorded")
    network, card = parse_model(content, str(path))
    audits = {**card.audits, "withheld": audit.document()}
    try:
        write_model(path, network, card.model_copy(update={"audits": audits}))
    except OSError as error:
        raise Invalid(
            f"{path}: cannot be written ({error.strerror or error}); the result is not recorded; "
            "copy the model to a folder of yours and audit it by its path"
        ) from error


def _ask_near(
    model: LearnedModel, index: TrainingIndex, size: AuditSize, n_threads: int
) -> Memorisation:
    """Return the search for copies at the training labels themselves."""
    generated, fresh = [], []
    for i, row in enumerate(model.card.labels.points):
        labels = dict(zip(model.card.labels.names, row, strict=True))
        for k in range(size.n_near):
            real = real_volume(model.card, row, fresh_seed(i, k), size.voxels, n_threads)
            fresh.append(index.distances(real))
            generated.append(index.distances(_drawn_like(model, labels, real, k).labels))
    return judge(generated, fresh)


def _adjusted(audit: Audit) -> Audit:
    """Return the audit with every test's chance adjusted for the number of all."""
    tests = [test for one in audit.by_label for test in one.limits]
    copies = [test for test in (audit.memorisation, audit.near) if test is not None]
    p_values = [test.p_value for test in tests] + [test.p_value for test in copies]
    adjusted = iter(holm(p_values))
    n = len(tests) + len(copies)

    def change(test: Limit | Memorisation) -> dict[str, float]:
        return {"p_adjusted": next(adjusted), "least_p": n * test.least_p}

    for one in audit.by_label:
        one.limits = [limit.model_copy(update=change(limit)) for limit in one.limits]
    if audit.memorisation is not None:
        audit.memorisation = audit.memorisation.model_copy(update=change(audit.memorisation))
    if audit.near is not None:
        audit.near = audit.near.model_copy(update=change(audit.near))
    return audit


def _drawn_like(model: LearnedModel, labels: dict[str, float], real: Labels, seed: int) -> Drawn:
    """Return a volume of a real one's shape and phase fractions."""
    fractions = [float(np.mean(real == phase)) for phase in range(len(model.card.phases))]
    z, y, x = real.shape
    return model.draw(labels, (z, y, x), seed=seed, fractions=fractions)


def _as_json(found: Memorisation | None) -> dict[str, JsonValue] | None:
    return None if found is None else {**found.model_dump(mode="json"), "is_clean": found.is_clean}


def _measured(labels: Labels, model: LearnedModel, size: AuditSize, n_threads: int) -> Measured:
    return measure(
        labels, model.card.voxel_size_m, n_threads=n_threads, with_transport=size.with_transport
    )


def _before_correction(measured: Measured, raw: dict[str, float]) -> Measured:
    """Return the measurements with the fractions that the network itself gave."""
    return {**measured, **{f"{phase}_fraction": value for phase, value in raw.items()}}
