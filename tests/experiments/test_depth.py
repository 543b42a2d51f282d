"""Profiles through a coating have one length, and at least two knots."""

import pytest
from pydantic import ValidationError

from experiments.depth import DepthKnots


def test_every_property_has_as_many_knots() -> None:
    knots = DepthKnots(
        volume_fraction={"pore": (0.4, 0.3)}, pore_transport=(0.2, 0.1), solid_transport=(1.0, 2.0)
    )
    assert knots.n_knots == 2
    with pytest.raises(ValidationError, match="same number of knots"):
        DepthKnots(
            volume_fraction={"pore": (0.4,)}, pore_transport=(0.2, 0.1), solid_transport=(1.0, 2.0)
        )
