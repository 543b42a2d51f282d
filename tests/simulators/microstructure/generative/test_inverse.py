import math

import numpy as np
import pytest

from experiments.errors import Invalid
from simulators.microstructure.generative.inverse import design_for
from simulators.microstructure.generative.labels import LabelSpace

SPACE = LabelSpace(names=("wt", "eps"), points=((92, 0.3), (97, 0.3), (92, 0.45), (97, 0.45)))


def respond(labels, seed):
    """τ by Bruggeman of the porosity, area falling with it: a law the search does not know."""
    scatter = 1.0 + 0.01 * np.random.default_rng(seed).standard_normal()
    area = 6e5 * (1 - labels["eps"]) * labels["wt"] / 97
    return {"tau": labels["eps"] ** -0.5 * scatter, "area": area, "nothing": None}


def test_the_achieved_properties_are_the_wanted_ones():
    truth = {"wt": 95.0, "eps": 0.36}
    wanted = {"tau": 0.36**-0.5, "area": 6e5 * 0.64 * 95 / 97}
    found = design_for(wanted, SPACE, respond)
    assert found.worst_miss < 0.02
    assert found.labels["eps"] == pytest.approx(truth["eps"], abs=0.015)


def test_labels_stay_inside_the_hull_when_the_wanted_cannot_be_had():
    found = design_for({"tau": 5.0}, SPACE, respond)
    SPACE.require_inside(found.labels)
    assert found.labels["eps"] == pytest.approx(0.3, abs=0.02)
    assert found.worst_miss > 0.5  # and the result says so
    assert math.isclose(found.achieved["tau"], 0.3**-0.5, rel_tol=0.05)


def test_a_property_nobody_measures_is_refused():
    with pytest.raises(Invalid, match="speed: is not measured; allowed: area, nothing, tau"):
        design_for({"speed": 1.0}, SPACE, respond)
    with pytest.raises(Invalid, match="is not defined"):
        design_for({"nothing": 1.0}, SPACE, respond)
