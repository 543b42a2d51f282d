from __future__ import annotations

import numpy as np
import pytest

from controller.report.thinning import in_order, in_plane, words


def test_few_points_are_all_shown() -> None:
    places = np.arange(5, 25)
    assert in_order(places, np.zeros(20), most=20) is places
    assert in_plane(places, np.zeros(20), np.zeros(20), most=20) is places


@pytest.mark.parametrize("seed", range(5))
def test_of_a_sequence_every_slice_keeps_its_ends_and_extremes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1000, 9000))
    places, values = np.arange(n) * 3, rng.normal(size=n)
    shown = in_order(places, values, most=400)
    assert len(shown) <= 400
    assert np.all(np.diff(shown) > 0)
    assert shown[0] == places[0]
    assert shown[-1] == places[-1]
    assert places[values.argmax()] in shown
    assert places[values.argmin()] in shown
    for piece in np.array_split(np.arange(n), 25):  # any stretch of two slices holds a whole one
        assert len(np.intersect1d(places[piece], shown)) >= 4


def test_of_a_plane_every_cell_keeps_its_latest_point() -> None:
    rng = np.random.default_rng(3)
    places = np.arange(5000)
    x, y = rng.uniform(2, 7, 5000), rng.uniform(-1, 1, 5000)
    x[17] = np.nan
    shown = in_plane(places, x, y, most=400)
    assert 300 < len(shown) <= 441
    assert 17 in shown
    assert 4999 in shown
    cells = {(int((x[n] - x[np.isfinite(x)].min()) / 5.0 * 20), n) for n in shown if n != 17}
    assert len({column for column, _ in cells}) >= 20


def test_points_in_one_place_are_one_point() -> None:
    places = np.arange(1000)
    assert in_plane(places, np.ones(1000), np.ones(1000), most=100).tolist() == [999]


def test_a_caption_says_how_many_are_shown_only_where_some_are_not() -> None:
    assert words(20, 20) == ""
    assert "1,000 of 48,777" in words(1000, 48777)
