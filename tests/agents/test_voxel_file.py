from __future__ import annotations

import numpy as np
import pytest

from agents.voxel_file import pack, unpack
from experiments.errors import Invalid
from simulators.microstructure.voxels import Voxels

SIZE_M = (4e-7, 4e-7, 5e-7)


def test_voxels_come_back_as_they_were() -> None:
    labels = np.random.default_rng(1).integers(0, 3, (5, 6, 7)).astype(np.uint8)
    again = unpack(pack(Voxels(labels=labels, voxel_size_m=SIZE_M)))
    assert np.array_equal(again.labels, labels)
    assert again.labels.dtype == np.uint8
    assert again.voxel_size_m == SIZE_M


def test_equal_voxels_have_equal_bytes() -> None:
    voxels = Voxels(labels=np.ones((4, 4, 4), dtype=np.uint8), voxel_size_m=SIZE_M)
    assert pack(voxels) == pack(voxels)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a file"])
def test_what_is_no_voxel_file_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="not a voxel file"):
        unpack(data)


def test_a_cut_file_is_refused() -> None:
    data = pack(Voxels(labels=np.ones((9, 9, 9), dtype=np.uint8), voxel_size_m=SIZE_M))
    for length in (len(data) // 3, len(data) // 2, len(data) - 1):
        with pytest.raises(Invalid, match="not a voxel file"):
            unpack(data[:length])
