"""The particles of one volume: where each ellipsoid lies, how large and how turned it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulators.microstructure.stochastic.box import Array


@dataclass(frozen=True)
class Particles:
    """Ellipsoids; axes in the order z, y, x everywhere."""

    centres_m: Array
    """`n x 3`."""
    half_axes_m: Array
    """`n x 3`, longest first."""
    rotations: Array
    """`n x 3 x 3`; column k is the direction of half axis k."""

    def __len__(self) -> int:
        return len(self.centres_m)

    @property
    def equivalent_radii_m(self) -> Array:
        """Return the radius of the sphere of equal volume, per particle."""
        return np.asarray(np.cbrt(np.prod(self.half_axes_m, axis=1)))

    @property
    def volumes_m3(self) -> Array:
        """Return the volume of each particle."""
        return np.asarray(4.0 / 3.0 * np.pi * np.prod(self.half_axes_m, axis=1))

    @property
    def quadratic_forms_per_m2(self) -> Array:
        """Return A with (x − c)ᵀ A (x − c) = 1 on the surface; `n x 3 x 3`."""
        scaled = self.rotations / self.half_axes_m[:, None, :] ** 2
        return np.asarray(np.einsum("nij,nkj->nik", scaled, self.rotations))

    @property
    def half_extents_m(self) -> Array:
        """Return half the edges of the axis-aligned box around each particle; `n x 3`."""
        return np.asarray(np.sqrt(np.einsum("nij,nj->ni", self.rotations**2, self.half_axes_m**2)))

    @property
    def is_spherical(self) -> bool:
        """Say whether every particle is a sphere."""
        return bool(np.allclose(self.half_axes_m[:, 0], self.half_axes_m[:, 2], rtol=1e-9))

    def take(self, which: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Particles:
        """Return some of the particles, in the order asked."""
        return Particles(self.centres_m[which], self.half_axes_m[which], self.rotations[which])

    def grown(self, by_m: float) -> Particles:
        """Return the particles with every half axis longer by ``by_m``."""
        return Particles(self.centres_m, self.half_axes_m + by_m, self.rotations)


def joined(groups: Sequence[Particles]) -> tuple[Particles, npt.NDArray[np.int64]]:
    """Return all particles, longest first, and the group each comes from."""
    half_axes_m = np.concatenate([group.half_axes_m for group in groups])
    order = np.argsort(-half_axes_m[:, 0], kind="stable")
    group_of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    everything = Particles(
        centres_m=np.concatenate([group.centres_m for group in groups]),
        half_axes_m=half_axes_m,
        rotations=np.concatenate([group.rotations for group in groups]),
    )
    return everything.take(order), group_of[order]


def spheres(centres_m: Array, radii_m: Array) -> Particles:
    """Return spheres as particles."""
    n = len(radii_m)
    return Particles(
        centres_m=centres_m,
        half_axes_m=np.repeat(radii_m[:, None], 3, axis=1),
        rotations=np.broadcast_to(np.eye(3), (n, 3, 3)).copy(),
    )
