from __future__ import annotations

import numpy as np
import pytest

from simulators.properties.chord_length import chord_lengths
from tests.simulators.properties.shapes import ball, gaussian_field


def test_stripes_have_their_widths():
    labels = np.zeros((40, 5, 6), np.uint8)
    labels[3:10] = 1
    labels[20:24] = 1
    pore, active = chord_lengths(labels, 0, 0.5, n_phases=2)
    assert active.length_m.tolist() == [2.0, 3.5]
    assert active.share.tolist() == [0.5, 0.5]
    assert active.mean_m == pytest.approx(2.75)
    assert pore.length_m.tolist() == [5.0]  # the cut ones are no whole chords
    assert chord_lengths(labels, 1, 0.5, n_phases=2)[1].mean_m is None


def test_a_ball_has_the_mean_chord_four_thirds_of_its_radius():
    labels = ball(70, (35.2, 34.7, 35), 30).astype(np.uint8)
    for axis in range(3):
        chord = chord_lengths(labels, axis, 1.0, n_phases=2)[1]
        assert chord.mean_m == pytest.approx(40, rel=0.01)
        assert chord.length_m @ chord.share == pytest.approx(40, rel=0.01)


def test_the_mean_chord_is_four_volumes_over_the_surface():
    # a window cut from a Gaussian field: S/V by Rice's formula, independent of the box
    scale, level = 4.0, 0.0
    labels = (gaussian_field((96,) * 3, scale, 3) > level).astype(np.uint8)
    surface = 2 / np.pi * np.sqrt(1 / (2 * scale**2))
    found = np.mean([chord_lengths(labels, a, 1.0, n_phases=2)[1].mean_m for a in range(3)])
    assert found == pytest.approx(4 * labels.mean() / surface, rel=0.05)
