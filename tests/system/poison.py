"""A generator that, at some porosities, ends its worker or never comes back; installed by name."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from experiments.generation import VolumeRequest
from simulators.microstructure.stochastic import StochasticGenerator
from simulators.microstructure.voxels import Voxels

DEADLY = (0.34, 0.37)
ENDLESS = (0.40, 0.43)


class Poison(StochasticGenerator):
    """The built-in generator with two bands of porosity that no campaign should enter."""

    name: str = "poison"

    def generate(self, request: VolumeRequest) -> Voxels:
        """Return a volume, die, or hang."""
        if DEADLY[0] < request.recipe.porosity < DEADLY[1]:
            os.kill(os.getpid(), signal.SIGKILL)
        if ENDLESS[0] < request.recipe.porosity < ENDLESS[1]:
            signal.pause()
        return super().generate(request)


def install(site: Path) -> None:
    """Make the generator known by name to every process that has the folder on its path."""
    about = site / "poison-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: poison\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "[cellwright.generators]\npoison = tests.system.poison:Poison\n"
    )
