"""How many volumes of what size, and runs of volumes until it is enough.

A size's scatter and bias come from the ``size_law``; the interval for n volumes is Student's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from experiments.errors import Invalid
from simulators.microstructure.voxels import Voxels
from simulators.properties.size_law import SizeLaw

DEFAULT_TARGET: Final = 0.01
"""Half width of the 95% interval over the mean."""

NORMAL_95: Final = 1.959964


@dataclass(frozen=True)
class VolumePlan:
    """What a wanted interval costs with cubes of one size."""

    edge: int
    n_volumes: int
    n_voxels: int
    """In all volumes together: what is paid."""
    relative_bias: float
    """Stays however many volumes are run."""


@dataclass(frozen=True)
class RepresentativeMean:
    """Mean over volumes with its interval; ``samples`` goes on the observation as its noise."""

    mean: float
    half_width_95: float
    samples: tuple[float, ...]
    is_reached: bool
    """The interval is within the target."""


def plan_volumes(
    law: SizeLaw,
    edges: Sequence[int],
    *,
    target: float = DEFAULT_TARGET,
    max_bias: float | None = None,
) -> list[VolumePlan]:
    """Return what a relative half width costs per size, cheapest first.

    Sizes whose bias exceeds ``max_bias`` (default: half the target) come last: no number of them
    gives the wanted accuracy.
    """
    _check_target(target)
    allowed = 0.5 * target if max_bias is None else max_bias
    plans = [
        VolumePlan(edge, n, n * edge**3, law.relative_bias(edge))
        for edge in edges
        for n in (n_volumes_for(law.relative_sd(edge), target),)
    ]
    return sorted(plans, key=lambda plan: (abs(plan.relative_bias) > allowed, plan.n_voxels))


def n_volumes_for(relative_sd: float, target: float = DEFAULT_TARGET) -> int:
    """Return how many volumes bring Student's 95% half width under the target; 2 at least."""
    _check_target(target)
    n = 2
    while stats.t.ppf(0.975, n - 1) * relative_sd / np.sqrt(n) > target:
        n = max(n + 1, int(0.9 * (1.96 * relative_sd / target) ** 2))
    while n > 2 and stats.t.ppf(0.975, n - 2) * relative_sd / np.sqrt(n - 1) <= target:
        n -= 1
    return n


def interval(samples: Sequence[float], law: SizeLaw | None = None, edge: int = 0) -> float:
    """Return half of the 95% interval of the samples' mean.

    With fewer than three samples the scatter is the law's at that edge. Raises ``Invalid`` where
    there are too few samples and no law.
    """
    n = len(samples)
    if n >= 3:
        return float(stats.t.ppf(0.975, n - 1) * np.std(samples, ddof=1) / np.sqrt(n))
    if law is None or n == 0:
        raise Invalid(f"{n} volumes and no size law: their scatter is unknown; run three")
    return float(NORMAL_95 * law.relative_sd(edge) * abs(np.mean(samples)) / np.sqrt(n))


def run_until_representative(
    measure: Callable[[int], Mapping[str, float]],
    *,
    target: float = DEFAULT_TARGET,
    max_volumes: int = 64,
    min_volumes: int = 4,
    progress: Callable[[str], None] | None = None,
) -> dict[str, RepresentativeMean]:
    """Measure volumes 0, 1, 2, … until every property's 95% interval is within the target.

    Stopping at the first narrow interval favours lucky runs; the least number of volumes keeps
    that small (coverage is tested). What more would buy is said now and then through ``progress``.
    """
    _check_target(target)
    if not 3 <= min_volumes <= max_volumes:
        raise Invalid(f"min_volumes {min_volumes} must lie within 3 and max_volumes {max_volumes}")
    samples: dict[str, list[float]] = {}
    said_at = 0.0
    for i in range(max_volumes):
        for name, value in measure(i).items():
            samples.setdefault(name, []).append(float(value))
        if i + 1 < min_volumes:
            continue
        widths = {name: interval(v) / abs(float(np.mean(v))) for name, v in samples.items()}
        worst = max(widths, key=widths.__getitem__)
        if widths[worst] <= target:
            break
        if progress and i + 1 >= said_at:
            said_at = 1.5 * (i + 1)
            sd = float(np.std(samples[worst], ddof=1) / abs(np.mean(samples[worst])))
            needed = n_volumes_for(sd, target)
            progress(
                f"{i + 1} volumes: {worst.replace('_', ' ')} known to ±{widths[worst]:.1%}; about "
                f"{needed} for ±{target:.1%}"
            )
    return {
        name: RepresentativeMean(
            mean=float(np.mean(values)),
            half_width_95=interval(values),
            samples=tuple(values),
            is_reached=interval(values) <= target * abs(float(np.mean(values))),
        )
        for name, values in samples.items()
    }


def subvolumes(voxels: Voxels, edge: int) -> list[Voxels]:
    """Cut an image into as many cubes of that edge as fit side by side, centred."""
    n_fit = [n // edge for n in voxels.labels.shape]
    if min(n_fit) < 1:
        raise Invalid(f"cubes of {edge} voxels do not fit into {voxels.labels.shape}")
    start = [(n - fit * edge) // 2 for n, fit in zip(voxels.labels.shape, n_fit, strict=True)]
    return [
        Voxels(
            labels=np.ascontiguousarray(
                voxels.labels[
                    tuple(
                        slice(s + i * edge, s + (i + 1) * edge)
                        for s, i in zip(start, index, strict=True)
                    )
                ]
            ),
            voxel_size_m=voxels.voxel_size_m,
        )
        for index in np.ndindex(*n_fit)
    ]


def _check_target(target: float) -> None:
    if not 0 < target < 1:
        raise Invalid(f"target {target:g}: a relative half width lies between 0 and 1")
