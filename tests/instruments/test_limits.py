"""Every limit that a build would cross is named, and nothing inside the limits is refused."""

from __future__ import annotations

import pytest
from aurora_unicycler import ConstantCurrent, CyclingProtocol, Loop, OpenCircuitVoltage, Tag

from experiments.cell_spec import CellSpec
from experiments.errors import Unsafe
from instruments.coating_plan import coating_plan, expected_s, unrolled
from instruments.limits import check, require_within
from tests.instruments.a_build import (
    CAPABILITIES,
    LIMITS,
    payload_of,
    protocol_of,
    recipe_of,
    request_of,
)


def limits_of(**changes: object) -> set[str]:
    payload = payload_of(request_of(**changes))
    return {refusal.limit for refusal in check(payload, CAPABILITIES)}


def test_a_plausible_build_crosses_no_limit() -> None:
    assert limits_of() == set()


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        ({"recipe": recipe_of(thickness_m=160e-6)}, "limits.thickness_m"),
        ({"recipe": recipe_of(thickness_m=149e-6, porosity=0.21)}, "limits.loading_kg_per_m2"),
        ({"recipe": recipe_of(porosity=0.65)}, "limits.porosity"),
        ({"protocol": protocol_of(maximum_V=4.4)}, "limits.voltage_V"),
        ({"protocol": protocol_of(20.0)}, "limits.current_A"),
        ({"cell": CellSpec(format="coin", temperature_C=60)}, "limits.temperature_C"),
        ({"cell": CellSpec(format="4680")}, "formats"),
        ({"n_cells": 9}, "max_cells"),
        ({"recipe": recipe_of(porosity=0.03)}, "recipe"),
    ],
)
def test_a_crossed_limit_is_named(changes, limit) -> None:
    assert limit in limits_of(**changes)


def test_another_chemistry_is_named() -> None:
    other = CAPABILITIES.model_copy(update={"chemistries": ("LFP",)})
    (refusal,) = check(payload_of(), other)
    assert str(refusal) == "chemistries: NMC811; allowed: LFP"


def test_stock_that_is_not_there_is_named_with_both_amounts() -> None:
    plan = coating_plan(request_of())
    poor = CAPABILITIES.model_copy(update={"stock": {"NMC811": 1e-4, "cells": 2}})
    found = {refusal.limit: refusal for refusal in check(payload_of(), poor)}
    assert set(found) == {"stock.NMC811", "stock.cells"}
    assert found["stock.NMC811"].found == f"{1e3 * plan.material_kg['NMC811']:.4g} g"
    assert found["stock.NMC811"].allowed == "at most 0.1 g"


def test_a_current_without_an_end_voltage_is_refused() -> None:
    open_ended = CyclingProtocol.from_dict(
        {
            "sample": {"name": "x", "capacity_mAh": 6.0},
            "record": {"time_s": 10.0},
            "method": [ConstantCurrent(rate_C=0.1, until_time_s=3600.0)],
        }
    )
    assert limits_of(protocol=open_ended) == {"limits.voltage_V"}


def test_an_endless_protocol_is_refused() -> None:
    brief = LIMITS.model_copy(update={"duration_s": 3600.0})
    (refusal,) = check(payload_of(), CAPABILITIES.model_copy(update={"limits": brief}))
    assert refusal.limit == "limits.duration_s"


def test_the_error_names_every_limit_at_once() -> None:
    request = request_of(recipe=recipe_of(thickness_m=160e-6), protocol=protocol_of(maximum_V=4.4))
    with pytest.raises(Unsafe, match=r"limits.thickness_m: 160 µm.*limits.voltage_V: 4.4 V"):
        require_within(payload_of(request), CAPABILITIES)


def test_the_loading_is_that_of_a_solid_of_the_recipes_density() -> None:
    plan = coating_plan(request_of())
    solid_m3_per_kg = 0.94 / 4780 + 0.03 / 1780 + 0.03 / 1950
    assert plan.loading_kg_per_m2 == pytest.approx(75e-6 * (1 - 0.32) / solid_m3_per_kg)
    batch_kg = sum(plan.material_kg.values())
    assert batch_kg == pytest.approx(plan.dry_batch_kg)


def test_loops_are_written_out_and_timed() -> None:
    looped = CyclingProtocol.from_dict(
        {
            "sample": {"name": "x", "capacity_mAh": 6.0},
            "record": {"time_s": 10.0},
            "method": [
                Tag(tag="again"),
                ConstantCurrent(rate_C=0.5, until_voltage_V=4.2),
                OpenCircuitVoltage(until_time_s=600.0),
                Loop(loop_to="again", cycle_count=3),
                ConstantCurrent(rate_C=-1.0, until_voltage_V=2.5),
            ],
        }
    )
    assert len(unrolled(looped)) == 3 * 2 + 1
    assert expected_s(looped, 0.006) == pytest.approx(3 * (7200 + 600) + 3600)
