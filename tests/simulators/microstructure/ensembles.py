"""Ensembles of generated electrodes, measured: what trends are tested and tabled on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.generation import VolumeRequest
from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.stochastic import StochasticGenerator
from simulators.properties.interface_area import interface_areas_per_m
from simulators.properties.transport import solve_conduction

SHAPES = {
    "sphere": {},
    "prolate": {"particle_elongation": 3.0},
    "bladed": {"particle_elongation": 1.6, "particle_flatness": 2.2},
    "oblate": {"particle_flatness": 3.0},
}
"""Longest to shortest axis 3, for the bladed shape 3.5."""
OVERLAPPING = {"placement": "overlapping", "penetration": 1.0, "max_overlap": 1.0}
"""Random places and turns, as in the studies that report these orders."""


@dataclass(frozen=True)
class Ensemble:
    """What was measured on the volumes."""

    tortuosity: np.ndarray
    """Of the pores, one value a volume and axis, axis by axis."""
    conductivity: np.ndarray
    """Of the active phase over its material's."""
    areas_per_m: np.ndarray
    """`volumes x phases x phases`."""
    pore: np.ndarray
    """Fraction of macropores, one value a volume."""

    @property
    def area_per_m(self):
        """Return the area between pore and active, one value a volume."""
        return self.areas_per_m[:, 0, 1]


def conduction(voxels, phase, axis, sides):
    return solve_conduction(
        (voxels.labels, {phase: 1.0}), axis=axis, sides=sides, tolerance=5e-3, n_threads=1
    )


def ensemble(
    *,
    n_seeds,
    axes=(0, 1, 2),
    n_voxels=64,
    voxel_size_m=0.6e-6,
    options=None,
    sides="no_flux",
    measured="pore",
    **recipe,
):
    """Measure pores and active phase; without binder unless the recipe says so."""
    values = {
        "active_wt_pct": 100.0,
        "porosity": 0.4,
        "thickness_m": 75e-6,
        "particle_d50_m": 6e-6,
        "particle_spread": 0.2,
        **recipe,
    }
    rest = (100.0 - values["active_wt_pct"]) / 2.0
    coating = ElectrodeRecipe(binder_wt_pct=rest, carbon_wt_pct=rest, **values)
    tortuosity, conductivity, areas, pore = [], [], [], []
    for seed in range(n_seeds):
        voxels = StochasticGenerator().generate(
            VolumeRequest(
                recipe=coating,
                shape=(n_voxels,) * 3,
                voxel_size_m=voxel_size_m,
                seed=seed,
                options=options or {},
            )
        )
        for axis in axes:
            if "pore" in measured:
                tortuosity.append(conduction(voxels, 0, axis, sides).tortuosity_factor)
            if "active" in measured:
                conductivity.append(conduction(voxels, 1, axis, sides).relative)
        areas.append(interface_areas_per_m(voxels.labels, voxels.voxel_size_m, n_threads=1))
        pore.append(voxels.volume_fraction["pore"])
    return Ensemble(
        *(np.asarray(found, dtype=float) for found in (tortuosity, conductivity, areas, pore))
    )
