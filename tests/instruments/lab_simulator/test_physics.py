"""The simulated lab's cells scatter as said, are biased against the model, and come back alike."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from instruments.lab_simulator.physics import in_rates, make_build
from instruments.lab_simulator.reality import Reality, as_coated, fates, random_of
from tests.instruments.a_build import payload_of, protocol_of, recipe_of, request_of

FAST = Reality(voxels=24, mesh_points=8, failure_rate=0.0)
PERFECT = Reality(
    voxels=24,
    mesh_points=8,
    failure_rate=0.0,
    thickness_sd=0.0,
    porosity_sd=0.0,
    cell_sd=0.0,
    transport_factor=1.0,
    resistance_factor=1.0,
    active_factor=1.0,
)


def discharged_Ah(content: bytes) -> float:
    """Return the charge of the last discharge, by batterydf's names."""
    table = pd.read_csv(io.BytesIO(content))
    last = table[table.step_count == table.step_count.max()]
    return float(-np.trapezoid(last.current_ampere, last.test_time_second) / 3600.0)


@pytest.fixture(scope="module")
def payload():
    return payload_of(request_of(n_cells=2, protocol=protocol_of(3.0)))


@pytest.fixture(scope="module")
def made(payload):
    return make_build("b1", payload, FAST)


def test_the_same_payload_gives_the_same_files(made, payload) -> None:
    again = make_build("b1", payload, FAST)
    assert [f.content for f in again.files] == [f.content for f in made.files]


def test_the_hidden_bias_costs_capacity_at_rate(made, payload) -> None:
    del made
    biased = Reality(**{**vars(PERFECT), "transport_factor": 0.6})
    honest = discharged_Ah(make_build("b1", payload, PERFECT).files[0].content)
    assert discharged_Ah(make_build("b1", payload, biased).files[0].content) < 0.8 * honest


def test_a_perfect_lab_builds_what_was_asked(payload) -> None:
    coating = make_build("b1", payload, PERFECT).coating
    assert coating.thickness_m == pytest.approx(75e-6)
    assert coating.porosity == pytest.approx(0.32)


def test_scatter_and_failures_have_the_stated_size() -> None:
    reality = Reality()
    random = random_of(reality, "a" * 64)
    coated = [as_coated(recipe_of().positive, reality, random) for _ in range(2000)]
    assert np.std([c.thickness_m for c in coated]) == pytest.approx(0.015 * 75e-6, rel=0.1)
    assert np.std([c.porosity for c in coated]) == pytest.approx(0.008, rel=0.1)
    cells = fates(4000, reality, random)
    assert np.std([c.loading_factor for c in cells]) == pytest.approx(0.02, rel=0.1)
    assert np.mean([c.failure is not None for c in cells]) == pytest.approx(0.05, abs=0.012)


def test_currents_in_milliamperes_become_rates_of_the_cell() -> None:
    from aurora_unicycler import ConstantCurrent, CyclingProtocol

    protocol = CyclingProtocol.from_dict(
        {
            "sample": {"name": "x", "capacity_mAh": 6.0},
            "record": {"time_s": 10.0},
            "method": [ConstantCurrent(current_mA=-3.0, until_voltage_V=2.5)],
        }
    )
    (step,) = in_rates(protocol, 6e-3).method
    assert step.rate_C == pytest.approx(-0.5)
    assert step.current_mA is None
