"""A flat segmented image as one layer of labelled voxels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tifffile

from experiments.errors import Invalid
from experiments.microstructure import PHASE_LABEL, PhaseName
from simulators.microstructure.voxels import Labels


def read_section(path: Path, values: Mapping[str, int] | None = None) -> Labels:
    """Return a TIFF of one layer, `1 x y x x`, phases by ``PHASE_LABEL``.

    ``values`` says which value of the file is which phase; None takes our own numbers. Raises
    ``Invalid`` for a file that is not flat or holds values that are no phase.
    """
    try:
        image = np.squeeze(tifffile.imread(path))
    except (OSError, ValueError, tifffile.TiffFileError) as error:
        raise Invalid(f"{path}: is no readable TIFF ({error})") from error
    if image.ndim != 2:
        raise Invalid(f"{path}: has shape {image.shape}; a section has one layer")
    names: Mapping[str, int] = values or {str(name): n for name, n in PHASE_LABEL.items()}
    labels = np.full(image.shape, 255, dtype=np.uint8)
    for name, value in names.items():
        labels[image == value] = _number(name)
    if np.any(labels == 255):
        odd = image[labels == 255].flat[0]
        allowed = ", ".join(f"{value} {name}" for name, value in names.items())
        raise Invalid(f"{path}: holds the value {odd:g}, which is no phase; allowed: {allowed}")
    return labels[None]


def _number(name: str) -> int:
    known: dict[PhaseName, int] = PHASE_LABEL
    return next(number for phase, number in known.items() if phase == name)
