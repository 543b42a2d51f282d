"""How the simulated lab's reality differs from the model: scatter, failures and a hidden bias."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from experiments.recipe import ElectrodeRecipe


@dataclass(frozen=True)
class Reality:
    """What the lab's line and its cells do that no model knows; every default is assumed.

    The factors are the hidden bias: nothing outside the lab's process reads them.
    """

    seed: int = 0
    voxels: int = 96
    box_diameters: float = 6.4
    """Edge of the volume over the median particle diameter; at least 6 is representative."""
    mesh_points: int = 22
    thickness_sd: float = 0.015
    """Of one coating, over the asked thickness."""
    porosity_sd: float = 0.008
    """Of one coating, absolute."""
    cell_sd: float = 0.02
    """Between the discs of one coating, of their loading and so of their capacity."""
    failure_rate: float = 0.05
    """Share of cells that do not work."""
    transport_factor: float = 0.85
    """On the pores' relative diffusivity."""
    resistance_factor: float = 1.5
    """On the cell's series resistance."""
    active_factor: float = 0.985
    """Share of the active material that is reached."""


@dataclass(frozen=True)
class CellFate:
    """What chance does to one cell."""

    loading_factor: float
    failure: str | None
    """``internal short`` or ``no contact``."""
    at_share: float
    """When it fails, as a share of the test."""


def random_of(reality: Reality, payload_sha256: str) -> Generator:
    """Return the random numbers of one coating: the same payload gives the same cells."""
    text = f"{reality.seed}:{payload_sha256}"
    return np.random.default_rng(int(hashlib.sha256(text.encode()).hexdigest()[:16], 16))


def as_coated(recipe: ElectrodeRecipe, reality: Reality, random: Generator) -> ElectrodeRecipe:
    """Return the recipe of the coating that came off the line."""
    thickness_m = recipe.thickness_m * (1.0 + reality.thickness_sd * random.standard_normal())
    porosity = recipe.porosity + reality.porosity_sd * random.standard_normal()
    return recipe.model_copy(
        update={"thickness_m": thickness_m, "porosity": float(np.clip(porosity, 0.05, 0.9))}
    )


def fates(n_cells: int, reality: Reality, random: Generator) -> list[CellFate]:
    """Return what happens to every cell of a coating."""
    found = []
    for _ in range(n_cells):
        factor = 1.0 + reality.cell_sd * random.standard_normal()
        draw, at_share = random.random(), 0.05 + 0.4 * random.random()
        failure = None
        if draw < reality.failure_rate:
            failure = "internal short" if draw < 0.6 * reality.failure_rate else "no contact"
        found.append(CellFate(max(factor, 0.5), failure, at_share))
    return found
