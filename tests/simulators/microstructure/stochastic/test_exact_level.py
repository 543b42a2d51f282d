import numpy as np
import pytest

from simulators.microstructure.stochastic.exact_level import exact_level, mark_below


@pytest.mark.parametrize("n", [1, 7, 500, 999, 1000])
def test_the_lowest_n_are_taken_exactly(n):
    field = np.random.default_rng(1).standard_normal((10, 10, 10)).astype(np.float32)
    labels = np.zeros(field.shape, dtype=np.uint8)
    mark_below(field, labels, exact_level(field, labels, n=n), mark=1)
    lowest = np.sort(field.reshape(-1))[n - 1]
    assert np.count_nonzero(labels) == n
    assert np.array_equal(labels == 1, field <= lowest)


def test_equal_values_are_taken_in_order_and_no_more_than_asked():
    field = np.zeros((4, 4, 4), dtype=np.float32)
    field[0, 0, :2] = -1.0
    labels = np.zeros(field.shape, dtype=np.uint8)
    mark_below(field, labels, exact_level(field, labels, n=5), mark=2)
    assert np.flatnonzero(labels).tolist() == [0, 1, 2, 3, 4]


def test_only_voxels_of_the_named_label_count():
    field = np.arange(64, dtype=np.float32).reshape(4, 4, 4)
    labels = np.zeros(field.shape, dtype=np.uint8)
    labels[0] = 1
    level = exact_level(field, labels, n=3, among=0, n_threads=2)
    assert level.value == 18.0
