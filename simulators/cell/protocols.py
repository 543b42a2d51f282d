"""Cycling protocols, written once for the simulated cell and for a cycler (aurora-unicycler)."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_unicycler import (
    ConstantCurrent,
    ConstantVoltage,
    CyclingProtocol,
    Loop,
    OpenCircuitVoltage,
    RecordParams,
    SampleParams,
    Tag,
)

from experiments.errors import Invalid

REST_S = 600.0


def rate_sweep(
    rates_per_h: Sequence[float],
    *,
    capacity_Ah: float,
    minimum_V: float,
    maximum_V: float,
    charge_rate_per_h: float = 0.2,
) -> CyclingProtocol:
    """Return discharges at each rate from full charge, with the same gentle charge before each."""
    _require_rates(rates_per_h, "rates_per_h")
    method: list[ConstantCurrent | ConstantVoltage | OpenCircuitVoltage] = []
    for rate_per_h in rates_per_h:
        method += _full_charge(charge_rate_per_h, maximum_V)
        method += [
            OpenCircuitVoltage(until_time_s=REST_S),
            ConstantCurrent(rate_C=-rate_per_h, until_voltage_V=minimum_V),
        ]
    return _protocol(method, capacity_Ah)


def cycling(
    n_cycles: int,
    *,
    capacity_Ah: float,
    minimum_V: float,
    maximum_V: float,
    charge_rate_per_h: float = 0.5,
    discharge_rate_per_h: float = 1.0,
) -> CyclingProtocol:
    """Return constant-current, constant-voltage charges and constant-current discharges."""
    _require_rates((charge_rate_per_h, discharge_rate_per_h), "rates")
    if not 1 <= n_cycles <= 10_000:
        raise Invalid(f"n_cycles: {n_cycles} is out of range; allowed: 1 to 10000")
    method = [
        Tag(tag="cycle"),
        *_full_charge(charge_rate_per_h, maximum_V),
        ConstantCurrent(rate_C=-discharge_rate_per_h, until_voltage_V=minimum_V),
        Loop(loop_to="cycle", cycle_count=n_cycles),
    ]
    return _protocol(method, capacity_Ah)


def _full_charge(rate_per_h: float, maximum_V: float) -> list[ConstantCurrent | ConstantVoltage]:
    return [
        ConstantCurrent(rate_C=rate_per_h, until_voltage_V=maximum_V),
        ConstantVoltage(voltage_V=maximum_V, until_rate_C=0.05),
    ]


def _protocol(method: Sequence[object], capacity_Ah: float) -> CyclingProtocol:
    return CyclingProtocol.from_dict(
        {
            "sample": SampleParams(capacity_mAh=1e3 * capacity_Ah),
            "record": RecordParams(time_s=10.0),
            "method": list(method),
        }
    )


def _require_rates(rates_per_h: Sequence[float], name: str) -> None:
    for rate_per_h in rates_per_h:
        if not 0.0 < rate_per_h <= 50.0:
            raise Invalid(f"{name}: {rate_per_h:g} 1/h is out of range; allowed: 0 to 50")
