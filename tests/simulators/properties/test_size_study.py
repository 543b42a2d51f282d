from __future__ import annotations

import numpy as np
import pytest

from experiments.errors import Invalid
from simulators.microstructure.voxels import Voxels
from simulators.properties.size_study import study_sizes
from tests.simulators.properties.shapes import gaussian_field


def test_small_parts_scatter_more_and_conduct_differently():
    field = gaussian_field((96,) * 3, 2.5, 0)
    labels = np.where(field < 0.2, 0, 1).astype(np.uint8)
    studies = study_sizes(Voxels(labels, (1e-6,) * 3), binder_ion_diffusivity=0.0, target=0.02)
    assert set(studies) == {
        "pore_tortuosity_factor",
        "pore_relative_diffusivity",
        "area pore-active",
    }
    law = studies["pore_relative_diffusivity"].law
    assert law.relative_sd(24) > law.relative_sd(48) > 0
    assert 0.5 < law.exponent < 1.5
    half = studies["pore_relative_diffusivity"].image_half_width_95
    assert half == pytest.approx(1.96 * law.relative_sd(96), rel=1e-3)
    assert studies["pore_relative_diffusivity"].plans[0].n_volumes >= 2


def test_images_too_small_to_cut_up_are_refused():
    voxels = Voxels(np.eye(40, dtype=np.uint8)[None].repeat(40, 0), (1e-6,) * 3)
    with pytest.raises(Invalid, match="72"):
        study_sizes(voxels, binder_ion_diffusivity=0.0, target=0.01)
