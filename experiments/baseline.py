"""Today's electrode, the one to beat: known by an image, or by its recipe."""

from __future__ import annotations

from pydantic import Field

from experiments.design import Design
from experiments.frozen import Frozen


class ImageBaseline(Frozen):
    """Today's electrode, known by an image."""

    image: str
    voxel_size_um: float = Field(gt=0.001, lt=10)
    thickness_um: float = Field(gt=1, lt=1000)
    labels: dict[str, int] | None = None
    """Phase name → label in the file, e.g. {pore: 0, active: 85, binder: 170}."""
    particle_d50_um: float | None = Field(default=None, gt=0.01, lt=100)
    """None: measured from the image."""
    image_sha256: str
    """Of ``experiments.image_hash``, taken when the campaign file is read."""


class RecipeBaseline(Frozen):
    """Today's electrode, known by its recipe: a design with every varied name given."""

    design: Design


Baseline = ImageBaseline | RecipeBaseline
