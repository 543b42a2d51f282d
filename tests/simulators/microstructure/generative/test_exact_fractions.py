import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.errors import Invalid
from simulators.microstructure.generative.exact_fractions import correct_fractions, whole_counts


def drawn(seed: int, n: int = 12):
    scores = np.random.default_rng(seed).standard_normal((3, n, n, n)).astype(np.float16)
    return scores.argmax(axis=0).astype(np.uint8), scores


@given(
    seed=st.integers(0, 1000),
    shares=st.tuples(*[st.floats(0.01, 1.0)] * 3),
)
def test_counts_become_exact_with_the_least_possible_changes(seed, shares):
    labels, scores = drawn(seed)
    counts = whole_counts(np.array(shares) / sum(shares), labels.size)
    before = labels.copy()
    had = np.bincount(labels.reshape(-1), minlength=3)
    n_changed = correct_fractions(labels, scores, counts)
    assert np.bincount(labels.reshape(-1), minlength=3).tolist() == list(counts)
    assert n_changed == np.sum(labels != before) == np.abs(had - np.array(counts)).sum() // 2


def test_the_least_certain_voxels_are_changed():
    labels, scores = drawn(3)
    before = labels.copy()
    counts = np.bincount(labels.reshape(-1), minlength=3) + np.array([-50, 50, 0])
    correct_fractions(labels, scores, counts)
    loss = (scores[0] - scores[1])[before == 0]
    changed = (labels != before)[before == 0]
    assert loss[changed].max() <= loss[~changed].min()


def test_counts_that_are_right_change_nothing():
    labels, scores = drawn(4)
    before = labels.copy()
    assert correct_fractions(labels, scores, np.bincount(labels.reshape(-1), minlength=3)) == 0
    assert np.array_equal(labels, before)


def test_fractions_that_do_not_sum_to_one_are_refused():
    with pytest.raises(Invalid, match="sum to 1"):
        whole_counts([0.5, 0.4, 0.2], 100)
