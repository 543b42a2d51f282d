"""What an image file holds: voxels as stored, and their size where the file knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from numpy.typing import NDArray

UNIT_M: Final = {
    "nm": 1e-9,
    "nanometer": 1e-9,
    "µm": 1e-6,
    "um": 1e-6,
    "micron": 1e-6,
    "micrometer": 1e-6,
    "mm": 1e-3,
    "millimeter": 1e-3,
    "cm": 1e-2,
}
"""Units of length as files spell them; OME-Zarr writes them out."""

_LARGEST_M: Final = 1e-5
"""Print resolutions (72 dpi is 353 µm) are no voxel sizes; larger ones are ignored."""

VoxelSize = tuple[tuple[float, float, float] | None, tuple[str, ...]]
"""Along z, y, x, or None; and what had to be assumed."""


@dataclass(frozen=True)
class StoredImage:
    """Voxels as stored, and what the file says of their size."""

    values: NDArray[Any]
    voxel_size_m: tuple[float, float, float] | None = None
    """Along z, y, x."""
    notes: tuple[str, ...] = ()
    """What had to be assumed, in words."""


def plausible_size(z_m: float | None, y_m: float, x_m: float) -> VoxelSize:
    """Return sizes that can be a voxel's; a missing distance between pages is taken equal to x."""
    if not 0 < min(y_m, x_m) <= max(y_m, x_m, z_m or 0.0) <= _LARGEST_M:
        return None, ()
    if z_m:
        return (z_m, y_m, x_m), ()
    return (x_m, y_m, x_m), ("the file gives no distance between pages; taken equal to x",)
