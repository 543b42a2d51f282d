"""A band holds every curve it is made of, to the end of the longest."""

from __future__ import annotations

import numpy as np
import pytest

from controller.report.band import band, band_caption


def test_every_curve_lies_within_the_band_and_touches_it() -> None:
    x = np.linspace(0.0, 1.0, 50)
    curves = [(tuple(x), tuple(4.0 - k * x + 0.1 * k)) for k in (0.5, 0.7, 0.9)]
    found = band(curves)
    assert found is not None
    each = [np.interp(found.x, *one) for one in curves]
    assert found.low == pytest.approx(np.min(each, axis=0))
    assert found.high == pytest.approx(np.max(each, axis=0))
    assert all(low <= high for low, high in zip(found.low, found.high, strict=True))


def test_a_cell_that_is_empty_first_stays_at_its_cut_off() -> None:
    found = band([((0.0, 8.0), (4.0, 2.5)), ((0.0, 10.0), (4.0, 2.5))])
    assert found is not None
    assert found.x[-1] == 10.0
    ahead = found.x.index(min(found.x, key=lambda x: abs(x - 9.0)))
    assert found.low[ahead] == 2.5 < found.high[ahead]


def test_one_curve_shows_no_scatter() -> None:
    assert band([((0.0, 1.0), (4.0, 3.0))]) is None
    assert band_caption(None) == ""


def test_its_name_says_what_it_is_and_its_rows_hold_both_edges() -> None:
    found = band([((0.0, 1.0), (4.0, 3.0)), ((0.0, 1.0), (3.9, 2.9))])
    assert found is not None
    assert "no error of model" in band_caption(found)
    low, high = found.traces(100.0, 1000.0)
    assert (low["x"][-1], low["y"][0], high["y"][0]) == pytest.approx((100.0, 3900.0, 4000.0))
    assert (high["name"], high["fill"]) == ("lowest to highest of 2 volumes", "tonexty")
    assert len(found.rows()) == 2 * len(found.x)
