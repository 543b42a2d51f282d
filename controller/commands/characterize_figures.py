"""``cellwright characterize --figures DIR``: the folder, the flux, and what goes into it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from controller.announcement import Announcement
from experiments.errors import Invalid
from experiments.microstructure import PHASE_LABEL

if TYPE_CHECKING:
    from simulators.microstructure.voxels import Voxels
    from simulators.properties.characterize import Characterization
    from simulators.properties.transport import Sides


def make_folder(folder: Path) -> None:
    """Make the folder before the work begins, which takes minutes for a large image."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid(f"--figures {folder}: cannot be made: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Invalid(f"--figures {folder}: cannot be written: you have no permission")


def draw(
    folder: Path, voxels: Voxels, found: Characterization, announce: Announcement
) -> list[Path]:
    """Write all figures and return their paths; a flux only where ions can cross."""
    from controller.report.characterization_figures import write_figures
    from simulators.properties.flux_field import flux_on_slice

    announce("figures")
    settings = found.properties.settings
    flux = None
    if found.properties.pore_transport["0"].relative > 0:
        diffusivity = {"pore": 1.0, "binder": settings["binder_ion_diffusivity"]}
        conducting = {
            PHASE_LABEL[phase]: float(diffusivity[phase] or 0.0)
            for phase in voxels.volume_fraction
            if diffusivity.get(phase)
        }
        flux = flux_on_slice(
            voxels.labels,
            conducting,
            voxel_size_m=voxels.voxel_size_m,
            sides=cast("Sides", settings["sides"]),
        )
    assert found.morphology is not None  # full detail was asked for
    try:
        return write_figures(folder, voxels, found.morphology, flux)
    except OSError as error:
        raise Invalid(f"--figures {folder}: cannot be written: {error.strerror}") from error
