from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from simulators.properties.percolating_fraction import percolating_fractions


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_fractions_equal_labelling_by_scipy(axis):
    labels = np.random.default_rng(axis).choice(3, (20, 22, 24), p=[0.35, 0.45, 0.2])
    labels = labels.astype(np.uint8)
    found = percolating_fractions(labels, {"pore": (0,), "active": (1,), "both": (0, 2)})
    for name, members in (("pore", (0,)), ("active", (1,)), ("both", (0, 2))):
        mask = np.moveaxis(np.isin(labels, members), axis, 0)
        clusters, _ = ndimage.label(mask)
        through = np.intersect1d(clusters[0], clusters[-1])
        expected = np.isin(clusters, through[through > 0]).sum() / mask.sum()
        assert found[name][str(axis)] == pytest.approx(expected)


def test_a_blocked_and_an_absent_phase_have_none():
    labels = np.zeros((6, 6, 6), np.uint8)
    labels[3] = 1
    found = percolating_fractions(labels, {"pore": (0,), "active": (1,), "binder": (2,)})
    assert found["pore"] == {"0": 0.0, "1": 1.0, "2": 1.0}
    assert found["active"] == {"0": 0.0, "1": 1.0, "2": 1.0}
    assert found["binder"] == {"0": 0.0, "1": 0.0, "2": 0.0}


def test_periodic_sides_open_a_way():
    labels = np.ones((4, 4, 4), np.uint8)
    labels[:2, 0] = 0
    labels[1:, 3] = 0
    assert percolating_fractions(labels, {"pore": (0,)}, axes=(0,))["pore"]["0"] == 0
    open_sides = percolating_fractions(labels, {"pore": (0,)}, axes=(0,), is_periodic=True)
    assert open_sides["pore"]["0"] == 1
