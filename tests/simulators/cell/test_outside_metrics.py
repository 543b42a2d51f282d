"""A package outside adds a metric that a campaign may ask for."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.metrics import METRICS
from simulators.cell.outside_metrics import CellMetric
from tests.contracts.metric_contract import MetricContract

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "cellwright-volume" / "cellwright_volume.py"
BROKEN = """

def nothing(figures):
    return float("nan")
"""
ENTRIES = """[cellwright.metrics]
volume_L_per_kWh = cell_plugin:volume_L_per_kWh
nothing_at_all = cell_plugin:nothing
energy_Wh = cell_plugin:nothing
"""
SCRIPT = """
import json, sys
from experiments.cell_spec import CellSpec
from experiments.physics import Physics
from experiments.errors import Invalid
from experiments.metrics import METRICS
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell import evaluate_cell

recipe, properties = json.loads(sys.argv[1])
assert "cell_plugin" not in sys.modules
def evaluate(wanted):
    return evaluate_cell(
        CellSpec(),
        Recipe.model_validate(recipe),
        EffectiveProperties.model_validate(properties),
        power_W=100.0, model="SPM", mesh_points=8, physics=Physics(),
        wanted=wanted, with_details=False, with_bias=False,
    ).metrics
metrics = evaluate(("volume_L_per_kWh",))
try:
    evaluate(("nothing_at_all",))
except Invalid as error:
    message = error.message
print(json.dumps([metrics, message, METRICS["energy_Wh"].is_outside]))
"""


def test_an_entry_point_is_a_metric_and_a_broken_one_is_named(
    recipe: object, properties: object, tmp_path: Path
) -> None:
    plugin = EXAMPLE.read_text(encoding="utf-8") + BROKEN
    (tmp_path / "cell_plugin.py").write_text(plugin, encoding="utf-8")
    information = tmp_path / "cell_plugin-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: cell-plugin\nVersion: 1.0\n"
    )
    (information / "entry_points.txt").write_text(ENTRIES, encoding="utf-8")
    given = json.dumps([recipe.model_dump(mode="json"), properties.model_dump(mode="json")])  # type: ignore[attr-defined]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, given],
        check=True,
        capture_output=True,
        text=True,
        timeout=240,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": "/usr/bin:/bin"},
    )
    metrics, message, is_taken_over = json.loads(done.stdout)
    assert metrics["volume_L_per_kWh"] == pytest.approx(1e3 / metrics["energy_density_Wh_per_L"])
    assert "nothing_at_all" in message
    assert "not a finite number" in message
    assert not is_taken_over


def test_no_outside_metric_is_known_where_no_package_brings_one() -> None:
    assert not any(metric.is_outside for metric in METRICS.values())


class TestTheExample(MetricContract):
    @pytest.fixture(scope="class")
    @classmethod
    def metric(cls) -> CellMetric:
        spec = importlib.util.spec_from_file_location("cellwright_volume", EXAMPLE)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found: CellMetric = module.volume_L_per_kWh
        return found
