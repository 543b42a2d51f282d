"""How much disk a campaign's files may take."""

from __future__ import annotations

from pydantic import Field

from experiments.frozen import Frozen


class Storage(Frozen):
    """The disk budget of a campaign's artifacts: voxels, curves, properties."""

    max_GB: float | None = Field(default=None, gt=0)
    """In 10⁹ bytes; None sets no limit. Beyond it, voxels that a seed makes again are deleted."""

    @property
    def max_bytes(self) -> float | None:
        """Return the limit in bytes."""
        return None if self.max_GB is None else self.max_GB * 1e9
