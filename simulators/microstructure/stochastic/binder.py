"""Deposit the carbon-binder domain where it costs the least interfacial energy.

Binder that spreads on the active surface gains adhesion; binder that gathers gains cohesion; the
last liquid of a drying slurry is drawn into the narrowest gaps. After the morphology factor ω of
Mistry, Smith and Mukherjee (2018, ACS Appl. Mater. Interfaces 10, 6317; ω near 0 film-like, near 1
finger-like) the energy of a pore voxel is

    E = (1 − ω)·[(1 − β)·d + β·(d + d₂)/2]/t − ω·G

with d and d₂ the distances to the nearest two particle surfaces (their sum is the width of the gap
between them), t the thickness of an even film of the same volume, and G a Gaussian field of unit
variance that changes over the cluster size. Alone, d gives an even film, d + d₂ bridges that fill
gaps from contacts outwards, and G clusters that reach into the pores. Unlike growth voxel by voxel,
E does not know the voxel size, so coarse and fine voxels sample the same structure. The lowest
energies are filled until the count is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from experiments.microstructure import PHASE_LABEL
from simulators.microstructure.stochastic.box import Box
from simulators.microstructure.stochastic.depth_profile import DepthProfile
from simulators.microstructure.stochastic.exact_level import exact_level, mark_below
from simulators.microstructure.stochastic.layer_shift import shift_layers
from simulators.microstructure.stochastic.particle_field import Field
from simulators.microstructure.stochastic.random_field import gaussian_field
from simulators.microstructure.stochastic.slabs import over_slabs
from simulators.microstructure.voxels import Labels


@dataclass(frozen=True)
class BinderMorphology:
    """How the binder domain gathers."""

    omega: float
    """0.1 film … 0.9 fingers."""
    cluster_size_m: float
    bridging: float = 0.5
    """β: 0 ignores neighbouring particles, 1 fills the narrowest gaps first."""


@dataclass(frozen=True)
class Deposit:
    """What came of a deposition."""

    film_thickness_m: float
    """Thickness of an even film of the same volume."""
    has_layers_full: bool
    """Some layers had less pore than the binder asked of them."""


def omega_of(adhesion: float) -> float:
    """Return the morphology factor of a recipe's adhesion: 1 (film) is 0.1, 0 (fingers) 0.9."""
    return 0.9 - 0.8 * adhesion


def deposit_binder(
    labels: Labels,
    nearest_m: Field,
    second_m: Field,
    box: Box,
    *,
    n_voxels: int,
    morphology: BinderMorphology,
    share: DepthProfile,
    random: np.random.Generator,
    n_threads: int = 1,
) -> Deposit:
    """Label ``n_voxels`` pore voxels as binder, in place.

    ``nearest_m`` and ``second_m`` are distances from the particle surfaces; the first is
    overwritten by the energy. ``share`` is the binder wanted at every depth over its mean.
    """
    pore, binder = PHASE_LABEL["pore"], PHASE_LABEL["binder"]
    if n_voxels == 0:
        return Deposit(film_thickness_m=0.0, has_layers_full=False)
    film = exact_level(nearest_m, labels, n=n_voxels, among=pore, n_threads=n_threads)
    thickness_m = max(film.value, 0.25 * box.voxel_size_m)
    noise = gaussian_field(random, box, length_m=morphology.cluster_size_m)

    def fill(first: int, end: int) -> None:
        _energy(
            nearest_m[first:end],
            second_m[first:end],
            first,
            np.asarray(box.shape),
            noise,
            np.float32(1.0 / thickness_m),
            np.float32(morphology.omega),
            np.float32(morphology.bridging),
        )

    over_slabs(box.shape[0], n_threads, fill)
    has_layers_full = False
    if not share.is_flat:
        has_layers_full = shift_layers(nearest_m, labels, share, n=n_voxels, among=pore)
    level = exact_level(nearest_m, labels, n=n_voxels, among=pore, n_threads=n_threads)
    mark_below(nearest_m, labels, level, mark=binder, among=pore)
    return Deposit(film_thickness_m=thickness_m, has_layers_full=has_layers_full)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _energy(
    nearest: Field,
    second: Field,
    first_layer: int,
    shape: npt.NDArray[np.int64],
    noise: Field,
    per_thickness: float,
    omega: float,
    bridging: float,
) -> None:
    """Replace ``nearest`` by the energy; the noise is interpolated linearly, wrapping around."""
    n_z, n_y, n_x = nearest.shape
    m_z, m_y, m_x = noise.shape
    wet = (np.float32(1.0) - omega) * per_thickness
    row = np.empty(m_x, dtype=np.float32)
    for z in range(n_z):
        at_z = (z + first_layer + 0.5) * m_z / shape[0] - 0.5
        z_0 = int(np.floor(at_z))
        f_z = np.float32(at_z - z_0)
        z_1 = (z_0 + 1) % m_z
        z_0 = z_0 % m_z
        for y in range(n_y):
            at_y = (y + 0.5) * m_y / shape[1] - 0.5
            y_0 = int(np.floor(at_y))
            f_y = np.float32(at_y - y_0)
            y_1 = (y_0 + 1) % m_y
            y_0 = y_0 % m_y
            for i in range(m_x):
                low = noise[z_0, y_0, i] + f_y * (noise[z_0, y_1, i] - noise[z_0, y_0, i])
                high = noise[z_1, y_0, i] + f_y * (noise[z_1, y_1, i] - noise[z_1, y_0, i])
                row[i] = low + f_z * (high - low)
            for x in range(n_x):
                at_x = (x + 0.5) * m_x / shape[2] - 0.5
                x_0 = int(np.floor(at_x))
                f_x = np.float32(at_x - x_0)
                x_1 = (x_0 + 1) % m_x
                x_0 = x_0 % m_x
                g = row[x_0] + f_x * (row[x_1] - row[x_0])
                d = nearest[z, y, x]
                gap = np.float32(0.5) * (second[z, y, x] - d)
                nearest[z, y, x] = wet * (d + bridging * gap) - omega * g
