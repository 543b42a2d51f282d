"""A solve that failed can be solved again from what its failure carries."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.cell_spec import CellSpec
from experiments.errors import DesignFailed, Invalid
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.discharge import Conditions, discharge
from simulators.cell.evaluate import design_inputs
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import MeshSize
from simulators.cell.reproduce import main, reproduce
from simulators.cell.sizing import size_cell

IMPOSSIBLE = Conditions(
    power_W_per_m2=200.0,
    resistance_Ohm_m2=2e-4,
    temperature_K=298.15,
    model="SPM",
    mesh=MeshSize(x=20, r=10),
    rtol=1e-16,
)


@pytest.fixture(scope="module")
def design(recipe: Recipe, properties: EffectiveProperties) -> DesignInputs:
    return design_inputs(size_cell(CellSpec(), recipe), recipe, properties, Physics())


def test_a_failure_carries_what_solves_it_again(design: DesignInputs, tmp_path: Path) -> None:
    with pytest.raises(DesignFailed, match=r"did not converge in 3 attempts") as failed:
        discharge(design, IMPOSSIBLE)
    assert failed.value.kind == "solver_failed"
    evidence = json.loads(json.dumps(failed.value.evidence))
    with pytest.raises(DesignFailed, match=r"did not converge"):
        reproduce(evidence)
    evidence["case"]["rtol"] = 1e-4
    again = reproduce(evidence).energy_Wh_per_m2
    assert again == pytest.approx(
        discharge(design, replace(IMPOSSIBLE, rtol=1e-4)).energy_Wh_per_m2, rel=1e-9
    )
    path = tmp_path / "reproducer.json"
    path.write_text(json.dumps(evidence), encoding="utf-8")
    assert main(str(path)) == 0


def test_a_file_without_a_case_is_refused() -> None:
    with pytest.raises(Invalid, match="reproducer"):
        reproduce({"inputs": {}})
