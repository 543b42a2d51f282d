"""A batch gives what single solves give, and one bad design spoils nothing."""

from dataclasses import replace

import pytest

from experiments.errors import DesignFailed
from simulators.cell.batch import discharge_many
from simulators.cell.discharge import Discharge, discharge
from simulators.cell.p2d_model import MeshSize
from tests.benchmarks.random_designs import random_cells

MESH = MeshSize(x=10, r=5)


def test_one_bad_design_never_spoils_a_batch() -> None:
    cells = [
        (cell.design, cell.conditions(MESH)) for cell in random_cells(5, 4, c_rates=(0.3, 2.0))
    ]
    design, conditions = cells[2]
    cells[2] = (design, replace(conditions, power_W_per_m2=1e6))
    found = discharge_many(cells, n_threads=2)
    assert isinstance(found[2], DesignFailed)
    assert found[2].kind == "power_too_high"
    for index in (0, 1, 3, 4):
        result = found[index]
        assert isinstance(result, Discharge)
        alone = discharge(*cells[index])
        assert result.energy_Wh_per_m2 == pytest.approx(alone.energy_Wh_per_m2, rel=1e-6)
        assert result.termination == alone.termination
