import numpy as np
import pytest

from experiments.errors import DesignFailed, Invalid
from experiments.observation import FailureKind
from simulators.microstructure.generative.labels import LabelSpace

SPACE = LabelSpace(names=("a", "b"), points=((0.0, 0.0), (2.0, 0.0), (0.0, 4.0)))


def test_training_labels_lie_between_minus_one_and_one():
    assert np.abs(SPACE.vectors()).max() == 1.0
    assert SPACE.vector({"a": 1.0, "b": 2.0}).tolist() == [0.0, 0.0]
    assert SPACE.unscaled(np.array([1.0, -1.0])) == {"a": 2.0, "b": 0.0}


def test_a_label_inside_the_hull_is_accepted():
    SPACE.require_inside({"a": 0.5, "b": 1.0})
    SPACE.require_inside({"a": 1.0, "b": 2.0})  # on its edge


def test_a_label_within_every_range_and_outside_the_hull_is_out_of_range():
    with pytest.raises(DesignFailed, match="not every corner") as failed:
        SPACE.require_inside({"a": 1.8, "b": 3.6})
    assert failed.value.failure_kind is FailureKind.out_of_range
    # the nearest point of the hull's edge a/2 + b/4 = 1, equally far on both axes
    assert SPACE.excess({"a": 1.8, "b": 3.6}) == pytest.approx(0.8)


def test_wrong_names_are_refused():
    with pytest.raises(Invalid, match="this model wants a, b"):
        SPACE.vector({"a": 1.0})


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="sample 0 has 1 labels"):
        LabelSpace(names=("a", "b"), points=((1.0,),))
