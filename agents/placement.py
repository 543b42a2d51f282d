"""Which calls run where: everything on a CPU, and what a GPU does faster on a part of one.

Where a cluster has no GPU, everything runs on its CPUs, and nothing else changes.
"""

from __future__ import annotations

from typing import Final

from agents.stages import characterize

ON_GPU: Final = frozenset({characterize.__name__})
"""Stages whose simulators can use one."""
GPU_SHARE: Final = 0.25
"""Of a GPU for each call. Assumed: a volume of the usual levels leaves most of a GPU idle, for half
of its work (shapes, certification) is done by the CPU meanwhile; memory of four fits in 8 GB."""
AT_ONCE: Final = 4
"""Calls handed to one worker together, which solves them side by side. Assumed, as above."""
