"""A chemistry from a BPX file: the same cell as plain PyBaMM's, and bad files refused by field."""

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.chemistry import load_chemistry, require_unchanged
from simulators.cell.evaluate import cell_conditions, design_inputs, evaluate_cell
from simulators.cell.parameter_source import chemistry_of
from simulators.cell.sizing import size_cell
from tests.benchmarks.plain_pybamm import energy_Wh_per_m2, plain_discharge

PARTS = "Parameterisation"
SALT = "Initial electrolyte concentration [mol.m-3]"


def particles(**changed: float | str) -> dict[str, float | str]:
    """Return an electrode of round numbers, near those of a common graphite or NMC."""
    return {
        "Particle radius [m]": 5e-6,
        "Thickness [m]": 80e-6,
        "Diffusivity [m2.s-1]": 2e-14,
        "Entropic change coefficient [V.K-1]": 0.0,
        "Conductivity [S.m-1]": 10.0,
        "Surface area per unit volume [m-1]": 4e5,
        "Porosity": 0.3,
        "Transport efficiency": 0.16,
        "Reaction rate constant [mol.m-2.s-1]": 5e-6,
        **changed,
    }


DOCUMENT: dict[str, Any] = {
    "Header": {"BPX": "1.1", "Title": "a cell that nobody made", "Model": "DFN"},
    PARTS: {
        "Cell": {
            "Electrode area [m2]": 0.1,
            "Number of electrode pairs connected in parallel to make a cell": 1,
            "Nominal cell capacity [A.h]": 4.0,
            "Lower voltage cut-off [V]": 2.7,
            "Upper voltage cut-off [V]": 4.2,
            "Volume [m3]": 2.4e-5,
            "External surface area [m2]": 5e-3,
            "Reference temperature [K]": 298.15,
        },
        "Electrolyte": {
            "Cation transference number": 0.3,
            "Conductivity [S.m-1]": "0.9*exp(-((x-1000)/900)**2)",
            "Diffusivity [m2.s-1]": 3e-10,
        },
        "Negative electrode": particles(
            **{
                "OCP [V]": "0.09+1.5*exp(-50*x)",
                "Minimum stoichiometry": 0.02,
                "Maximum stoichiometry": 0.85,
                "Maximum concentration [mol.m-3]": 31000.0,
            }
        ),
        "Positive electrode": particles(
            **{
                "OCP [V]": "4.6-1.1*x-0.9*exp(-30*(1-x))",
                "Minimum stoichiometry": 0.3,
                "Maximum stoichiometry": 0.9,
                "Maximum concentration [mol.m-3]": 50000.0,
            }
        ),
        "Separator": {"Thickness [m]": 1.5e-5, "Porosity": 0.45, "Transport efficiency": 0.3},
    },
    "State": {"Initial conditions": {"Initial state-of-charge": 1.0, SALT: 1000.0}},
}


def written(folder: Path, document: dict[str, Any]) -> str:
    path = folder / "cell.bpx.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_a_cell_from_a_bpx_file_gives_the_energy_of_plain_pybamm(
    recipe: Recipe, properties: EffectiveProperties, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = CellSpec(parameter_set=written(tmp_path, DOCUMENT))
    metrics = evaluate_cell(
        cell,
        recipe,
        properties,
        power_W=100.0,
        model="DFN",
        mesh_points=20,
        physics=Physics(),
        with_details=False,
        with_bias=False,
    ).metrics
    sized = size_cell(cell, recipe)
    design = design_inputs(sized, recipe, properties, Physics())
    conditions = cell_conditions(cell, sized, recipe, power_W=100.0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # plain PyBaMM leaves files there
    plain = plain_discharge(
        design,
        power_W_per_m2=conditions.power_W_per_m2,
        resistance_Ohm_m2=conditions.resistance_Ohm_m2,
        parameter_set=cell.parameter_set,
        mesh_points=30,
    )
    energy_Wh = energy_Wh_per_m2(plain, conditions.power_W_per_m2) * sized.whole.coated_area_m2
    assert metrics["energy_Wh"] == pytest.approx(energy_Wh, rel=2e-3)


def without(*path: str) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    place = document
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return document


def changed(side: str, field: str, value: float | str) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    document[PARTS][side][field] = value
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            without(PARTS, "Positive electrode", "Porosity"),
            r"field 'Positive electrode\.Porosity' is missing",
        ),
        (
            without(PARTS, "Negative electrode", "OCP [V]"),
            r"field 'Negative electrode\.OCP \[V\]' is missing",
        ),
        (without(PARTS, "Separator"), "field 'Separator' is missing"),
        (without("State", "Initial conditions", SALT), r"Initial electrolyte.* is missing"),
        (without("Header"), "missing 'Header'"),
        (
            changed("Positive electrode", "Thickness [m]", 80.0),
            r"Positive electrode: thickness_m: .*less than 0\.001; found 80",
        ),
        (
            changed("Positive electrode", "Particle radius [m]", "wide"),
            r"Positive electrode\.Particle radius \[m\]: .*found 'wide'",
        ),
        (
            changed("Electrolyte", "Cation transference number", "nan"),
            "Cation transference number: nan is no number",
        ),
    ],
)
def test_a_bad_bpx_file_is_refused_by_field(
    document: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match=rf"cell\.parameter_set: .*{message}"):
        chemistry_of(written(tmp_path, document))


def test_a_file_that_is_no_json_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "cell.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(Invalid, match=r"cell\.json is not a valid BPX file"):
        chemistry_of(str(path))


def test_a_bpx_cell_takes_the_active_material_of_the_recipe(recipe: Recipe, tmp_path: Path) -> None:
    cell = CellSpec(parameter_set=written(tmp_path, DOCUMENT))
    other = recipe.positive.model_copy(update={"active_material": "LFP"})
    lighter = size_cell(cell, recipe.model_copy(update={"positive": other}))
    assert lighter.active_material == "LFP"
    assert lighter.whole.mass_kg < size_cell(cell, recipe).whole.mass_kg


def test_a_bpx_file_that_changed_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, DOCUMENT)
    assert load_chemistry(path).minimum_voltage_V == 2.7
    with pytest.raises(Invalid, match=r"cell\.bpx\.json changed since the campaign file was read"):
        require_unchanged(path, "0" * 64)
    require_unchanged("Chen2020", None)


def test_reading_a_file_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()
    path = tmp_path / "cell.bpx.json"
    path.write_text(json.dumps(DOCUMENT))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    chemistry_of(str(path))
    assert tempfile.tempdir == str(tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []
