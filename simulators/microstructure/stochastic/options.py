"""What a request may ask of the generator beyond the recipe: how to pack, not what to coat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationError

from experiments.errors import Invalid
from experiments.frozen import Frozen


class GeneratorOptions(Frozen):
    """Options of the stochastic generator."""

    placement: Literal["dense", "overlapping"] = "dense"
    """dense: particles only touch where there is room; overlapping: they may grow into another."""
    penetration: float | None = Field(default=None, ge=0, le=1)
    """Share of the touching distance that pairs may lose; 1 places at random. None: 0 for dense,
    0.3 for overlapping."""
    max_overlap: float = Field(default=0.25, ge=0, le=1)
    """Largest accepted overlap factor: volume shared by particles over the volume of all."""
    boundary: Literal["periodic", "walled", "boxed"] | None = None
    """Faces that particles do not cross: none, those of the thickness, or all six. None: periodic,
    or walled where something changes through the thickness."""
    binder_bridging: float = Field(default=0.5, ge=0, le=1)
    """How much binder prefers narrow gaps between particles over the open surface (assumed)."""
    binder_cluster_m: float | None = Field(default=None, gt=0)
    """Size of binder clusters; None: 0.4 median diameters (assumed)."""

    @property
    def allowed_penetration(self) -> float:
        """Return the penetration, by placement where none is given."""
        if self.penetration is not None:
            return self.penetration
        return 0.3 if self.placement == "overlapping" else 0.0


def read_options(options: Mapping[str, float | int | str | bool]) -> GeneratorOptions:
    """Return checked options. Raises ``Invalid`` naming the first that is wrong."""
    try:
        return GeneratorOptions.model_validate(dict(options))
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            allowed = ", ".join(sorted(GeneratorOptions.model_fields))
            raise Invalid(f"options.{name}: unknown name; allowed: {allowed}") from wrong
        message = first["msg"].removeprefix("Input ")
        raise Invalid(f"options.{name}: found {first['input']!r}; {message}") from wrong
