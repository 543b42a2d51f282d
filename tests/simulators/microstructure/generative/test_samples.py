import numpy as np
import pytest

from experiments.errors import Invalid
from simulators.microstructure.generative.samples import load_samples
from simulators.microstructure.generative.training_file import TrainingFile
from simulators.microstructure.image_file import write_labels
from simulators.microstructure.voxels import Voxels
from tests.simulators.microstructure.generative.models import blobs


def training(path, kind="volumes", crop=64, **image):
    return TrainingFile(
        name="one",
        kind=kind,
        voxel_size_um=0.4,
        samples=[{"file": path.name, **image}],
        course={"crop": crop},
    )


def written(folder, voxel_size_m, labels):
    path = folder / "a.tif"
    write_labels(path, Voxels(labels, (voxel_size_m,) * 3))
    return path


@pytest.mark.parametrize("kind", ["volumes", "image"])
def test_an_image_that_says_another_voxel_size_is_refused(tmp_path, kind):
    labels = blobs(1) if kind == "volumes" else blobs(1)[:1]
    path = written(tmp_path, 0.5e-6, labels)
    with pytest.raises(Invalid, match=r"voxels are 0\.5 µm along .; the training file says 0\.4"):
        load_samples(training(path, kind), path)
    (sample,) = load_samples(training(path, kind, voxel_size_um=0.4), path)
    assert np.array_equal(sample.labels, labels)


def test_an_image_that_says_the_same_voxel_size_is_read(tmp_path):
    path = written(tmp_path, 0.4e-6, blobs(1))
    (sample,) = load_samples(training(path), path)
    assert sample.labels.shape == (64, 64, 64)


def test_a_sample_smaller_than_the_pieces_is_refused_in_one_line(tmp_path):
    path = written(tmp_path, 0.4e-6, blobs(1))
    with pytest.raises(Invalid, match=r"64 x 64 x 64 voxels.*course\.crop, which is 88") as refused:
        load_samples(training(path, crop=88), path)
    assert "\n" not in refused.value.message
