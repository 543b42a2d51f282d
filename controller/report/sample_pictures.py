"""Pictures of sections side by side: what a network draws, and real ones beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from controller.report.picture import palette
from controller.report.png import encode_rgb

if TYPE_CHECKING:
    from simulators.microstructure.generative.model_file import ModelCard
    from simulators.microstructure.generative.network import VolumeNetwork

_GAP_PX: Final = 8
_PIXELS: Final = 2
"""Edge of a voxel in the picture."""
_EDGE: Final = 96
_SEED: Final = 1

Section = npt.NDArray[np.uint8]


def section_grid(rows: Sequence[Sequence[Section]]) -> bytes:
    """Return a PNG of sections in rows, white between them; all must have one shape."""
    colours = palette()
    height, width = (_PIXELS * n + _GAP_PX for n in rows[0][0].shape)
    n_columns = max(len(row) for row in rows)
    picture = np.full(
        (height * len(rows) + _GAP_PX, width * n_columns + _GAP_PX, 3), 255, dtype=np.uint8
    )
    for i, row in enumerate(rows):
        for j, section in enumerate(row):
            plane = colours[section].repeat(_PIXELS, axis=0).repeat(_PIXELS, axis=1)
            y, x = i * height + _GAP_PX, j * width + _GAP_PX
            picture[y : y + plane.shape[0], x : x + plane.shape[1]] = plane[:, :, :3]
    return encode_rgb(picture)


def draw_samples(network: VolumeNetwork, card: ModelCard) -> bytes:
    """Return sections along the three axes of one volume each of up to three training labels."""
    from simulators.microstructure.generative.learned_model import LearnedModel
    from simulators.microstructure.generative.sampling import Sampling

    model = LearnedModel(network, card, sha256="")
    points = card.labels.points
    rows = []
    for i in sorted({0, len(points) // 2, len(points) - 1}):
        labels = dict(zip(card.labels.names, points[i], strict=True))
        how = Sampling(is_periodic=True, device=str(next(network.parameters()).device))
        fractions = card.mean_fractions[i]
        drawn = model.draw(labels, (_EDGE,) * 3, _SEED, fractions=fractions, how=how)
        rows.append([np.take(drawn.labels, _EDGE // 2, axis=axis) for axis in range(3)])
    return section_grid(rows)
