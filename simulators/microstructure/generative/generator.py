"""The learned generator behind the common seam: a recipe in, voxels of a trained network out.

The recipe's phase fractions come from its masses and are met exactly. What a model was not trained
on it refuses: labels outside their hull, another powder, another shape of the particles. Structures
scale with the particles, so another median diameter is the same structure in larger or smaller
voxels, and voxels of another size are sampled from the model's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, Self

import numpy as np
import torch
from pydantic import ValidationError
from torch.nn import functional

from experiments.errors import DesignFailed, Invalid
from experiments.frozen import Frozen
from experiments.generation import VolumeRequest
from experiments.observation import FailureKind
from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.composition import compose
from simulators.microstructure.generative.audit_notes import audit_notes
from simulators.microstructure.generative.learned_model import load_model
from simulators.microstructure.generative.model_file import ModelCard
from simulators.microstructure.generative.sampling import Margins, Sampling
from simulators.microstructure.voxels import Voxels

OUT_OF_RANGE: Final = "out_of_range"
"""How a note begins that says so; observations then carry it as a flag."""
_FREE: Final = {"thickness_m", "particle_d50_m", "binder_wt_pct", "carbon_wt_pct"}
"""Of a recipe: what changes no structure, what scales it, and what follows from the labels."""
_RATIO_SLACK: Final = 0.02
"""How far binder over carbon may be from the training's, relative."""
_FINEST, _COARSEST = 0.5, 2.0
"""Smallest and largest voxel that is sampled, over the model's own (assumed)."""


class LearnedOptions(Frozen):
    """Options of the learned generator."""

    model: str = "nmc21"
    """Name of a shipped model, or the path of a model file."""
    allow_out_of_range: bool = False
    """Draw outside the trained labels too; the observation then carries a flag."""
    periodic: bool = False
    """The volume closes on itself; edges must be multiples of 4 voxels."""


class LearnedGenerator:
    """Draw volumes from a trained network."""

    name: str = "learned"

    def __init__(self, model: str = "nmc21") -> None:
        self._model = model

    @classmethod
    def from_options(cls, options: Mapping[str, float | int | str | bool]) -> Self:
        """Return the generator of a campaign's options; the model's content is its version."""
        return cls(_read_options(options, "nmc21").model)

    @property
    def version(self) -> str:
        """Return the code's version and the hash of what in the model decides the voxels."""
        return f"2-{load_model(self._model).drawing_sha256[:16]}"

    def generate(self, request: VolumeRequest) -> Voxels:
        """Return one volume. Raises ``DesignFailed`` (also out_of_range) and ``Invalid``."""
        options = _read_options(request.options, self._model)
        model = load_model(options.model)
        recipe = request.recipe
        fractions = compose(recipe).phase_fraction
        labels, notes = _labels(model.card, recipe, is_allowed=options.allow_out_of_range)
        notes += audit_notes(model.card)
        zoom = _zoom(model.card, request)
        shape = request.shape
        if zoom != 1.0:
            if options.periodic:
                raise Invalid("options.periodic: only at the model's own voxels a particle")
            notes.append(
                f"voxels sampled from the model's own, which are {1.0 / zoom:.3g} times as large"
            )
            shape = tuple(max(math.ceil(n * zoom), 8) for n in request.shape)  # type: ignore[assignment]
        margins = model.margins(labels, shape, request.seed, Sampling(is_periodic=options.periodic))
        if zoom != 1.0:
            margins = _sampled(margins, request.shape, zoom)
        drawn = model.finish(margins, [fractions[phase] for phase in model.card.phases])
        raw = dict(zip(model.card.phases, drawn.raw_fractions, strict=True))
        return Voxels(
            labels=drawn.labels,
            voxel_size_m=(request.voxel_size_m,) * 3,
            statistics={
                "equivalent_radius_m": _volume_weighted_radius_m(recipe),
                "corrected_share": drawn.changed_share,
                **{f"raw_{phase}_fraction": value for phase, value in raw.items()},
            },
            fallbacks=tuple(notes),
        )


def _labels(
    card: ModelCard, recipe: ElectrodeRecipe, *, is_allowed: bool
) -> tuple[dict[str, float], list[str]]:
    """Return the recipe's labels and notes, or raise where the model was not trained."""
    if card.recipe is None:
        raise Invalid(
            f"model {card.name}: was trained on images and knows no recipes; draw from it in "
            "Python: learned_model.load_model(…).draw(labels, shape, seed)"
        )
    values = recipe.model_dump()
    labels = {name: float(values[name]) for name in card.labels.names}
    try:
        _require_same(card, card.recipe, recipe)
        card.labels.require_inside(labels)
    except DesignFailed as error:
        if not is_allowed:
            raise
        return labels, [f"{OUT_OF_RANGE}: {error.message.partition('; the option')[0]}"]
    return labels, []


def _require_same(card: ModelCard, trained: ElectrodeRecipe, asked: ElectrodeRecipe) -> None:
    """Raise ``DesignFailed`` (out_of_range) where anything but the labels differs."""
    ours, theirs = trained.model_dump(), asked.model_dump()
    for name, value in theirs.items():
        if name in _FREE or name in card.labels.names:
            continue
        if value != ours[name]:
            raise DesignFailed(
                f"{name} {value}: model {card.name} was trained at {ours[name]} only",
                kind=FailureKind.out_of_range,
            )
    ratio, wanted = asked.binder_wt_pct, trained.binder_wt_pct / trained.carbon_wt_pct
    if abs(ratio - wanted * asked.carbon_wt_pct) > _RATIO_SLACK * max(ratio, 1e-9):
        raise DesignFailed(
            f"binder_wt_pct {asked.binder_wt_pct:g} beside carbon_wt_pct {asked.carbon_wt_pct:g}: "
            f"model {card.name} was trained at a ratio of {wanted:g} only",
            kind=FailureKind.out_of_range,
        )


def _zoom(card: ModelCard, request: VolumeRequest) -> float:
    """Return the asked voxel over the model's own, both in particles."""
    if card.recipe is None:
        return request.voxel_size_m / card.voxel_size_m
    asked = request.voxel_size_m / request.recipe.particle_d50_m
    zoom = asked * card.recipe.particle_d50_m / card.voxel_size_m
    if abs(zoom - 1.0) < 1e-6:
        return 1.0
    if not _FINEST <= zoom <= _COARSEST:
        own = card.voxel_size_m / card.recipe.particle_d50_m * request.recipe.particle_d50_m
        raise Invalid(
            f"voxels of {request.voxel_size_m * 1e6:.3g} µm: model {card.name} can give "
            f"{own * _FINEST * 1e6:.3g} to {own * _COARSEST * 1e6:.3g} µm at this particle_d50_um"
        )
    return zoom


def _sampled(margins: Margins, shape: tuple[int, int, int], zoom: float) -> Margins:
    """Return the scores at the centres of voxels ``zoom`` times as large."""
    axes = [
        ((torch.arange(n) + 0.5) * zoom) / there * 2.0 - 1.0
        for n, there in zip(shape, margins.shape[1:], strict=True)
    ]
    z, y, x = torch.meshgrid(*axes, indexing="ij")
    grid = torch.stack([x, y, z], dim=-1)[None]
    values = torch.from_numpy(margins.astype(np.float32))[None]
    found = functional.grid_sample(
        values, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    return found[0].half().numpy()


def _volume_weighted_radius_m(recipe: ElectrodeRecipe) -> float:
    """Return the mean radius by volume of the recipe's lognormal sizes."""
    return recipe.particle_d50_m / 2.0 * math.exp(recipe.particle_spread**2 / 2.0)


def _read_options(options: Mapping[str, float | int | str | bool], model: str) -> LearnedOptions:
    try:
        return LearnedOptions.model_validate({"model": model, **options})
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            allowed = ", ".join(sorted(LearnedOptions.model_fields))
            raise Invalid(f"options.{name}: unknown name; allowed: {allowed}") from wrong
        raise Invalid(f"options.{name}: found {first['input']!r}; {first['msg']}") from wrong
