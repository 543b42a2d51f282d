"""How large and how many volumes an accuracy takes, from the scatter between parts of one image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from experiments.errors import Invalid
from experiments.microstructure import PHASE_LABEL
from simulators.microstructure.voxels import Voxels
from simulators.properties.interface_area import measure_interfaces
from simulators.properties.phase_transport import phase_transport
from simulators.properties.representativity import (
    NORMAL_95,
    VolumePlan,
    plan_volumes,
    subvolumes,
)
from simulators.properties.size_law import SizeLaw, fit_size_law

PARTS_PER_EDGE: Final = (2, 3, 4)
"""The image is cut into 8, 27 and 64 cubes; each division costs about one solution of the whole."""

SMALLEST_PART: Final = 24
"""Voxels along an edge; smaller parts say nothing about transport (assumed)."""

PLANNED_EDGES: Final = (48, 64, 96, 128, 192, 256, 384, 512)

TORTUOSITY: Final = "pore_tortuosity_factor"
DIFFUSIVITY: Final = "pore_relative_diffusivity"

_TOLERANCE: Final = 5e-3
"""Certified width of one volume's transport; far below the scatter between small volumes."""

Samples = Mapping[str, Mapping[int, Sequence[float]]]
"""Values by property and edge length in voxels."""


@dataclass(frozen=True)
class SizeStudy:
    """One property's law and what the target takes, cheapest size first."""

    law: SizeLaw
    plans: tuple[VolumePlan, ...]
    image_half_width_95: float | None = None
    """Relative, of the whole image's own value; None where volumes were generated."""


def study_sizes(
    voxels: Voxels,
    *,
    binder_ion_diffusivity: float,
    target: float,
    n_threads: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, SizeStudy]:
    """Fit size laws of the pores' through-thickness transport and of every interface area.

    Parts of one image are neighbours, so scatter on scales near the image's own size is missed.
    Where a part does not percolate it counts with diffusivity 0, and no tortuosity factor is
    studied. Raises ``Invalid`` for images too small to be cut up.
    """
    samples: dict[str, dict[int, list[float]]] = {}
    for edge in part_edges(voxels):
        parts = subvolumes(voxels, edge)
        if progress:
            progress(f"transport and areas of {len(parts)} parts of {edge}³ voxels")
        for part in parts:
            for name, value in measure_part(part, binder_ion_diffusivity, n_threads).items():
                samples.setdefault(name, {}).setdefault(edge, []).append(value)
    return fit_studies(samples, PLANNED_EDGES, target, image_edge=voxels.labels.size ** (1 / 3))


def part_edges(voxels: Voxels) -> list[int]:
    """Return the edges of the cubes that the image is cut into, the largest first.

    Raises ``Invalid`` for images too small to be cut up.
    """
    shortest = min(voxels.labels.shape)
    edges = [shortest // parts for parts in PARTS_PER_EDGE if shortest // parts >= SMALLEST_PART]
    if len(edges) < 2:
        raise Invalid(
            f"an image of {shortest} voxels is too small to be cut up; its shortest edge must have "
            f"at least {PARTS_PER_EDGE[1] * SMALLEST_PART}"
        )
    return edges


def fit_studies(
    samples: Samples, edges: Sequence[int], target: float, image_edge: float | None = None
) -> dict[str, SizeStudy]:
    """Fit every property that has the same number of values as all others, and is not all 0."""
    n_values = {name: sum(map(len, by_edge.values())) for name, by_edge in samples.items()}
    studies = {}
    for name, by_edge in samples.items():
        is_zero = max(max(values) for values in by_edge.values()) <= 0
        if is_zero or n_values[name] < max(n_values.values()):
            continue
        law = fit_size_law(by_edge)
        studies[name] = SizeStudy(
            law=law,
            plans=tuple(plan_volumes(law, edges, target=target)),
            image_half_width_95=None
            if image_edge is None
            else NORMAL_95 * law.relative_sd(image_edge),
        )
    return studies


def measure_part(
    part: Voxels, binder_ion_diffusivity: float, n_threads: int | None
) -> dict[str, float]:
    """Return one volume's transport and areas by name; no tortuosity where nothing percolates."""
    through = phase_transport(
        part,
        {"pore": 1.0, "binder": binder_ion_diffusivity},
        axes=(0,),
        tolerance=_TOLERANCE,
        estimates_bias=False,
        n_threads=n_threads,
        report=lambda _: None,
    )["0"]
    area = measure_interfaces(
        part.labels,
        part.voxel_size_m,
        n_phases=max(3, int(part.labels.max()) + 1),
        n_threads=n_threads,
    ).area_per_m
    names = list(PHASE_LABEL)
    tortuosity = through.tortuosity_factor
    return {
        **({} if tortuosity is None else {TORTUOSITY: tortuosity}),
        DIFFUSIVITY: through.relative,
        **{
            f"area {names[i]}-{names[j]}": float(area[i, j])
            for i in range(area.shape[0])
            for j in range(i + 1, area.shape[0])
        },
    }
