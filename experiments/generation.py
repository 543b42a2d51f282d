"""What a microstructure generator is asked: a recipe, a volume, a seed."""

from __future__ import annotations

from pydantic import Field

from experiments.frozen import Frozen
from experiments.recipe import ElectrodeRecipe


class VolumeRequest(Frozen):
    """One random volume of one coating."""

    recipe: ElectrodeRecipe
    shape: tuple[int, int, int]
    voxel_size_m: float = Field(gt=0)
    seed: int = Field(ge=0)
    options: dict[str, float | int | str | bool] = Field(default_factory=dict)
