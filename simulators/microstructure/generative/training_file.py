"""The file that says what to train on and how: ``cellwright train generator DATA.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from experiments.errors import DesignFailed, Invalid
from experiments.frozen import Frozen
from experiments.microstructure import PhaseName
from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.generative.labels import LabelSpace
from simulators.microstructure.generative.network import NetworkShape


class ImageFile(Frozen):
    """One segmented image with its labels."""

    file: str
    """TIFF beside the training file, or an absolute path."""
    labels: dict[str, float] = Field(default_factory=dict)
    voxel_size_um: float | None = Field(default=None, gt=0)
    """None takes the training file's, and an image that says another itself is refused."""
    values: dict[PhaseName, int] | None = None
    """Which value of the file is which phase; None: 0 pore, 1 active, 2 binder."""


class Course(Frozen):
    """How long and how large to train."""

    steps: int = Field(default=6000, ge=1)
    crop: int = Field(default=88, ge=64, multiple_of=8)
    """Voxels along the edge of the pieces that the decoder learns from, halo included."""
    batch: int = Field(default=2, ge=1)
    """Pieces of the coarse field a step; the decoder sees one piece of voxels."""
    learning_rate: float = Field(default=3e-3, gt=0)
    checkpoint_minutes: float = Field(default=3.0, gt=0)
    seed: int = Field(default=1, ge=0)


class TrainingFile(Frozen):
    """What a generator learns from; exactly one source of structures."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    kind: Literal["recipes", "volumes", "slices", "image"]
    """recipes: volumes made by the stochastic generator; volumes and slices: labelled files;
    image: one file without labels."""
    voxel_size_um: float = Field(gt=0.001, lt=10)
    phases: tuple[PhaseName, ...] = ("pore", "active", "binder")
    label_names: tuple[str, ...] = ()
    recipe: ElectrodeRecipe | None = None
    """What all samples share (kind ``recipes``); labels replace values of it."""
    train: tuple[tuple[float, ...], ...] = ()
    withheld: tuple[tuple[float, ...], ...] = ()
    """Labels that training never sees, for the audit."""
    voxels: int = Field(default=128, ge=64, le=512)
    volumes_per_label: int = Field(default=6, ge=1, le=64)
    samples: tuple[ImageFile, ...] = ()
    objective: Literal["flow", "slices"] = "flow"
    """How volumes teach: by flow matching, or by statistics of their sections as images do."""
    network: dict[str, int] = Field(default_factory=dict)
    """Sizes of ``NetworkShape`` other than its defaults."""
    course: Course = Course()

    @model_validator(mode="after")
    def _has_one_source(self) -> TrainingFile:
        if self.kind == "recipes":
            if self.recipe is None or not self.train or self.samples:
                raise ValueError("kind recipes wants recipe and train, and no samples")
            unknown = set(self.label_names) - set(ElectrodeRecipe.model_fields)
            if unknown or not self.label_names:
                raise ValueError(f"label_names: not of a recipe: {sorted(unknown) or 'none given'}")
        elif not self.samples or self.train:
            raise ValueError(f"kind {self.kind} wants samples, and no train")
        if self.kind == "recipes" and self.voxels < self.course.crop:
            raise ValueError(
                f"voxels: {self.voxels} are fewer than course.crop, {self.course.crop}; make "
                "structures at least as large as the pieces that are learnt from"
            )
        if self.kind == "image" and (len(self.samples) != 1 or self.label_names):
            raise ValueError("kind image wants exactly one sample and no label_names")
        for sample in self.samples:
            if set(sample.labels) != set(self.label_names):
                raise ValueError(
                    f"{sample.file}: labels {sorted(sample.labels)}; label_names says "
                    f"{sorted(self.label_names)}"
                )
            if sample.voxel_size_um not in (None, self.voxel_size_um):
                raise ValueError(
                    f"{sample.file}: voxels of {sample.voxel_size_um:g} µm beside "
                    f"{self.voxel_size_um:g} µm; all images must have one voxel size"
                )
        return self

    @model_validator(mode="after")
    def _withholds_what_can_be_asked(self) -> TrainingFile:
        for key, rows in (("train", self.train), ("withheld", self.withheld)):
            for row in rows:
                if len(row) != len(self.label_names):
                    raise ValueError(
                        f"{key}: {list(row)} has {len(row)} numbers; label_names has "
                        f"{len(self.label_names)}"
                    )
        space = self.label_space
        for row in self.withheld:
            if row in space.points:
                raise ValueError(f"withheld: {list(row)} is also trained on")
            try:
                space.require_inside(dict(zip(self.label_names, row, strict=True)))
            except DesignFailed as error:
                outside = error.message.partition("; the option")[0]
                raise ValueError(f"withheld: {outside}") from error
        return self

    @property
    def label_space(self) -> LabelSpace:
        """Return names and training points."""
        rows = self.train or tuple(
            tuple(sample.labels[name] for name in self.label_names) for sample in self.samples
        )
        return LabelSpace(names=self.label_names, points=rows)

    @property
    def network_shape(self) -> NetworkShape:
        """Return the network's sizes."""
        return NetworkShape(
            n_labels=len(self.label_names), n_phases=len(self.phases), **self.network
        )

    def recipe_at(self, labels: tuple[float, ...]) -> ElectrodeRecipe:
        """Return the shared recipe with these labels; the masses left over share as before."""
        if self.recipe is None:
            raise Invalid(f"training {self.name}: has no recipe")
        return relabelled(self.recipe, dict(zip(self.label_names, labels, strict=True)))


def relabelled(recipe: ElectrodeRecipe, labels: dict[str, float]) -> ElectrodeRecipe:
    """Return the recipe with other values; binder and carbon keep their ratio."""
    changed: dict[str, float] = dict(labels)
    if "active_wt_pct" in labels and "binder_wt_pct" not in labels:
        left = 100.0 - labels["active_wt_pct"] - recipe.second_active_wt_pct
        inactive = recipe.binder_wt_pct + recipe.carbon_wt_pct
        share = recipe.binder_wt_pct / inactive if inactive else 0.5
        changed |= {"binder_wt_pct": share * left, "carbon_wt_pct": (1.0 - share) * left}
    return ElectrodeRecipe.model_validate({**recipe.model_dump(), **changed})


def parse_training(value: object, source: str) -> TrainingFile:
    """Return the checked file. Raises ``Invalid`` naming the first key that is wrong."""
    try:
        return TrainingFile.model_validate(value)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise Invalid(f"{source}: {key + ': ' if key else ''}{message}", key=key) from wrong


def beside(source: Path, file: str) -> Path:
    """Return where an image of a training file lies."""
    return Path(file) if Path(file).is_absolute() else source.parent / file
