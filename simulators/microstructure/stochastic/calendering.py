"""Press a loose coating to its final height: particles rearrange, flat ones lie down.

The loose coating is packed first. It is then squeezed along the thickness a few per cent at a time;
after every step particles push each other apart. What overlap is left stands for contacts that
have been flattened: the volume lost there comes out around the contact when the surfaces are
shifted to the exact fraction.

Particles turn with the squeezed medium as ellipsoids do in creeping flow (Jeffery 1922, Proc. R.
Soc. A 102, 161): by (λ² − 1)/(λ² + 1) of what a line (long axis) or a plane (short axis) of the
medium turns, with λ the ratio of the axes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from simulators.microstructure.stochastic.box import Array, Box
from simulators.microstructure.stochastic.depth_profile import DepthProfile
from simulators.microstructure.stochastic.packing import Packed, pack
from simulators.microstructure.stochastic.particles import Particles

_SQUEEZE: Final = 0.96
"""Height after one step over that before."""
_SWEEPS_PER_STEP: Final = 12


def calender(
    particles: Particles,
    box: Box,
    *,
    loose_height: float,
    penetration: float,
    room: DepthProfile | None = None,
) -> Packed:
    """Return the particles pressed into ``box`` from ``loose_height`` times its height."""
    n_steps = max(int(np.ceil(np.log(loose_height) / -np.log(_SQUEEZE))), 1)
    heights = loose_height ** (1.0 - np.arange(n_steps + 1) / n_steps)
    spread = Particles(
        particles.centres_m * np.asarray([loose_height, 1.0, 1.0]),
        particles.half_axes_m,
        particles.rotations,
    )
    packed = pack(spread, box.stretched(loose_height), penetration=penetration, room=room)
    for before, after in pairwise(heights.tolist()):
        packed = pack(
            _squeezed(packed.particles, after / before),
            box.stretched(after),
            penetration=penetration,
            room=room,
            n_sweeps=_SWEEPS_PER_STEP,
            tolerance=0.01,
        )
    return packed


def _squeezed(particles: Particles, factor: float) -> Particles:
    """Return particles moved and turned with a medium squeezed along the thickness."""
    stretch = np.asarray([factor, 1.0, 1.0])
    long, middle, short = (particles.half_axes_m[:, k : k + 1] for k in range(3))
    longest = _turned(particles.rotations[:, :, 0], stretch, long / short)
    shortest = _turned(particles.rotations[:, :, 2], 1.0 / stretch, middle / short)
    longest -= np.sum(longest * shortest, axis=1, keepdims=True) * shortest
    longest /= np.linalg.norm(longest, axis=1, keepdims=True)
    return Particles(
        particles.centres_m * stretch,
        particles.half_axes_m,
        np.stack([longest, np.cross(shortest, longest), shortest], axis=2),
    )


def _turned(axes: Array, stretch: Array, ratio: Array) -> Array:
    """Return unit directions turned by their share of what the medium turns."""
    carried = axes * stretch
    carried /= np.linalg.norm(carried, axis=1, keepdims=True)
    share = (ratio**2 - 1.0) / (ratio**2 + 1.0)
    turned = axes + share * (carried - axes)
    return np.asarray(turned / np.linalg.norm(turned, axis=1, keepdims=True))
