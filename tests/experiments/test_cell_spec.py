"""The cell of a campaign: what it may be charged by, and what is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from experiments.cell_spec import AgeingSpec, CellSpec, FastChargeSpec


def test_a_charge_goes_up() -> None:
    assert FastChargeSpec(from_share=0.2, to_share=0.6).to_share == 0.6
    with pytest.raises(ValidationError, match=r"from_share 0\.8 must be below to_share 0\.8"):
        FastChargeSpec(from_share=0.8, to_share=0.8)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (FastChargeSpec, "limit_per_h", 0.0),
        (FastChargeSpec, "plating_margin_V", 0.5),
        (AgeingSpec, "end_share", 1.0),
        (AgeingSpec, "max_cycles", 1),
        (CellSpec, "temperature_C", 120.0),
        (CellSpec, "cooling_W_per_m2_K", -1.0),
    ],
)
def test_a_value_beyond_its_range_is_refused_by_name(kind, field: str, value: float) -> None:
    with pytest.raises(ValidationError, match=field):
        kind(**{field: value})


def test_what_is_unknown_is_refused_and_what_is_read_back_is_equal() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        CellSpec.model_validate({"colour": "blue"})
    spec = CellSpec(format="coin", cooling_W_per_m2_K=10.0, ageing=AgeingSpec(sei=False))
    assert CellSpec.model_validate_json(spec.model_dump_json()) == spec
