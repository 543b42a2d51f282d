from __future__ import annotations

import pytest

from experiments.baseline import ImageBaseline


def test_an_image_is_always_known_by_its_hash() -> None:
    with pytest.raises(ValueError, match="image_sha256"):
        ImageBaseline(image="a.tif", voxel_size_um=0.4, thickness_um=75)


@pytest.mark.parametrize("size_um", [0.0004, 398.0])
def test_a_voxel_size_in_another_unit_is_refused(size_um: float) -> None:
    with pytest.raises(ValueError, match="voxel_size_um"):
        ImageBaseline(image="a.tif", image_sha256="0", voxel_size_um=size_um, thickness_um=75)
