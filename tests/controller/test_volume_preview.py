from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.image import imread

from controller.report.picture import palette
from controller.volume_preview import draw_preview
from simulators.microstructure.voxels import Voxels


def drawn(labels, size_m=0.5e-6, **statistics):
    voxels = Voxels(labels=labels, voxel_size_m=(size_m,) * 3, statistics=statistics)
    preview = draw_preview(voxels)
    return preview, np.rint(imread(io.BytesIO(preview.png))[:, :, :3] * 255).astype(np.uint8)


def blocks(n=32):
    coarse = np.random.default_rng(1).choice(3, size=(n // 4,) * 3).astype(np.uint8)
    return coarse.repeat(4, 0).repeat(4, 1).repeat(4, 2)


def test_the_last_slice_is_the_plane_through_the_middle_in_the_phases_colours():
    labels = blocks()
    _, pixels = drawn(labels)
    scale = 512 // 32
    last = pixels[:, -512:][::scale, ::scale]
    assert np.array_equal(last, palette()[labels[:, :, 16]])


def test_the_bar_is_as_long_as_it_says():
    preview, pixels = drawn(np.ones((32, 32, 32), dtype=np.uint8))
    assert preview.bar_um == 2.0
    white = np.all(pixels[-15] == 255, axis=1)
    first_slice = white[-3 * 512 - 32 : -2 * 512 - 32]
    assert np.count_nonzero(first_slice) == pytest.approx(512 * 2.0 / 16.0, abs=1)


def test_slices_go_through_channels_where_there_are_some():
    labels = np.ones((32, 32, 32), dtype=np.uint8)
    labels[:, 4:9, 4:9] = 0
    _, middle = drawn(labels)
    _, through = drawn(labels, channel_share=0.02)
    pore = palette()[0]
    assert not np.any(np.all(middle[:, -512:] == pore, axis=2))
    assert np.mean(np.all(through[:, -512:] == pore, axis=2)) == pytest.approx(5 / 32, abs=0.01)


def test_a_larger_volume_is_cropped_and_said_so():
    assert drawn(np.ones((8, 140, 8), dtype=np.uint8))[0].is_cropped
    assert not drawn(np.ones((8, 128, 8), dtype=np.uint8))[0].is_cropped
