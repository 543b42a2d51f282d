"""Curves with few points still say what the whole ones did."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.performance import FEW_POINTS, CellPerformance, ChargeCurve, DischargeCurve

SHARE = np.linspace(0.0, 1.0, 301)


def test_a_thinned_discharge_keeps_its_ends_and_its_energy() -> None:
    voltage_V = 4.1 - 0.7 * SHARE - 0.9 * SHARE**12
    whole = DischargeCurve(
        time_s=tuple(1800 * SHARE),
        voltage_V=tuple(voltage_V),
        capacity_Ah=tuple(20 * SHARE),
        power_W=150.0,
        losses_V={"contact": tuple(0.01 * SHARE)},
    )
    thin = whole.thinned()
    assert len(thin.time_s) == FEW_POINTS
    assert thin.capacity_Ah[-1] == 20.0
    assert not thin.losses_V
    energies = [np.trapezoid(one.voltage_V, one.capacity_Ah) for one in (whole, thin)]
    assert energies[1] == pytest.approx(energies[0], rel=1e-3)


def test_a_thinned_charge_keeps_its_lowest_margin() -> None:
    margin_V = np.full(301, 0.05)
    margin_V[137] = -0.01  # between two of the evenly spread points
    whole = ChargeCurve(
        time_s=tuple(1200 * SHARE),
        charged_share=tuple(SHARE),
        voltage_V=tuple(3.6 + 0.6 * SHARE),
        c_rate_per_h=(3.0,) * 301,
        plating_margin_V=tuple(margin_V),
        kept_margin_V=-0.01,
    )
    thin = whole.thinned()
    assert thin.lowest_margin_V == whole.lowest_margin_V == -0.01
    assert len(thin.time_s) <= FEW_POINTS + 1
    assert np.all(np.diff(thin.charged_share) > 0)


def test_a_performance_from_before_charges_were_kept_is_read() -> None:
    before = b'{"metrics": {"fast_charge_min": 21.0}, "termination": "minimum voltage"}'
    assert CellPerformance.model_validate_json(before).charge is None
