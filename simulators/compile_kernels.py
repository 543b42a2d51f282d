"""Compile the numerical kernels once for this machine: ``python -m simulators.compile_kernels``.

Numba keeps compiled kernels beside the code. Without this step the first campaign compiles them,
which takes about a minute of one core.
"""

from __future__ import annotations

from experiments.generation import VolumeRequest
from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.stochastic import StochasticGenerator
from simulators.properties.characterize import characterize

_RECIPE = ElectrodeRecipe(
    active_wt_pct=94.0,
    binder_wt_pct=3.0,
    carbon_wt_pct=3.0,
    porosity=0.35,
    thickness_m=75e-6,
    particle_d50_m=6e-6,
)


def compile_kernels() -> None:
    """Run what a campaign and ``characterize`` run, on a volume of 32³ voxels."""
    request = VolumeRequest(recipe=_RECIPE, shape=(32, 32, 32), voxel_size_m=1e-6, seed=0)
    voxels = StochasticGenerator().generate(request)
    for binder_ion_diffusivity in (0.0, 0.3):
        characterize(
            voxels,
            binder_ion_diffusivity=binder_ion_diffusivity,
            solid_conductivity={"active": 1.0, "binder": 100.0},
        )


if __name__ == "__main__":
    compile_kernels()
