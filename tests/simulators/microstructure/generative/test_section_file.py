import numpy as np
import pytest
import tifffile

from experiments.errors import Invalid
from simulators.microstructure.generative.section_file import read_section


def written(tmp_path, image):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, image)
    return path


def test_a_flat_image_becomes_one_layer(tmp_path):
    image = np.random.default_rng(1).integers(0, 3, (70, 80))
    labels = read_section(written(tmp_path, image.astype(np.float32)[None]))
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, image[None])


def test_named_values_become_phases(tmp_path):
    image = np.array([[0, 85], [170, 0]], dtype=np.uint8)
    labels = read_section(written(tmp_path, image), {"pore": 0, "active": 85, "binder": 170})
    assert labels.tolist() == [[[0, 1], [2, 0]]]


def test_values_that_are_no_phase_and_volumes_are_refused(tmp_path):
    with pytest.raises(Invalid, match="holds the value 7"):
        read_section(written(tmp_path, np.full((4, 4), 7, dtype=np.uint8)))
    with pytest.raises(Invalid, match="one layer"):
        read_section(written(tmp_path, np.zeros((5, 4, 6), dtype=np.uint8)))
