"""A charge is drawn as voltage and as margin to plating, with its data behind it."""

from __future__ import annotations

import pytest

from controller.report.charge import NamedCharge, charge_figures
from tests.controller.synthetic_curves import charge

OWN = NamedCharge("this design", charge(0.012), "token:best")


def test_both_figures_show_the_charge_in_percent_volts_and_millivolts() -> None:
    voltage, margin = charge_figures([OWN])
    assert (voltage.id, margin.id) == ("charge", "plating-margin")
    (line,) = margin.data
    assert min(line["y"]) == pytest.approx(12.0)
    assert (line["x"][0], line["x"][-1]) == pytest.approx((10.0, 80.0))
    assert "keep 0 mV" in margin.caption
    assert "Band" not in voltage.caption + margin.caption
    assert len(voltage.table.rows) == len(OWN.curve.time_s)


def test_single_volumes_make_a_band_that_the_caption_and_the_data_name() -> None:
    volumes = (charge(0.012), charge(0.002), charge(0.03))
    voltage, margin = charge_figures([OWN], volumes)
    low, high, _ = margin.data
    assert (min(low["y"]), min(high["y"])) == pytest.approx((2.0, 30.0), abs=0.1)
    for figure in (voltage, margin):
        assert "lowest to highest of 3 volumes" in figure.caption
        names = {row[0] for row in figure.table.rows}
        assert names == {"this design", "lowest of volumes", "highest of volumes"}
        assert all(len(row) == len(figure.table.columns) for row in figure.table.rows)


def test_without_a_charge_nothing_is_drawn() -> None:
    assert charge_figures([]) == []
