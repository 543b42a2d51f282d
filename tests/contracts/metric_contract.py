"""What every metric of another package must keep; subclass ``MetricContract`` and give it yours.

from tests.contracts.metric_contract import MetricContract

class TestMine(MetricContract):
    @pytest.fixture(scope="class")
    @classmethod
    def metric(cls):
        return my_metric
"""

from __future__ import annotations

import math
import pickle

import pytest

from experiments.cell_spec import CellSpec
from experiments.performance import CellPerformance
from experiments.properties import EffectiveProperties
from experiments.recipe import ElectrodeRecipe, Recipe
from simulators.cell.outside_metrics import CellFigures, CellMetric
from simulators.cell.sizing import known_metrics, size_cell

RECIPE = Recipe(
    positive=ElectrodeRecipe(
        active_wt_pct=95.0,
        binder_wt_pct=2.5,
        carbon_wt_pct=2.5,
        porosity=0.33,
        thickness_m=75e-6,
        particle_d50_m=6e-6,
    )
)


def figures(energy_Wh: float = 80.0) -> CellFigures:
    """Return a 4680 as evaluated, with round numbers for its discharge and without a curve."""
    sized = size_cell(CellSpec(), RECIPE)
    whole = sized.whole
    return CellFigures(
        cell=CellSpec(),
        recipe=RECIPE,
        properties=EffectiveProperties(
            shape=(8, 8, 8),
            voxel_size_m=(1e-6, 1e-6, 1e-6),
            volume_fraction={"pore": 0.3, "active": 0.6, "binder": 0.1},
            percolating_fraction={},
            pore_transport={},
            solid_transport={},
            interface_area_per_m={},
        ),
        whole=whole,
        performance=CellPerformance(
            metrics={
                **known_metrics(sized),
                "energy_Wh": energy_Wh,
                "capacity_Ah": energy_Wh / 3.6,
                "mean_voltage_V": 3.6,
                "duration_s": 1800.0,
                "specific_energy_Wh_per_kg": energy_Wh / whole.mass_kg,
                "energy_density_Wh_per_L": energy_Wh / (1e3 * whole.volume_m3),
            },
            termination="minimum voltage",
        ),
    )


class MetricContract:
    """Run on every metric."""

    def test_it_is_a_finite_number(self, metric: CellMetric) -> None:
        value = metric(figures())
        assert isinstance(value, float)
        assert math.isfinite(value)

    def test_the_same_figures_give_the_same_value(self, metric: CellMetric) -> None:
        assert metric(figures()) == metric(figures())

    def test_it_needs_no_curve(self, metric: CellMetric) -> None:
        assert figures().performance.curve is None
        metric(figures())

    def test_it_leaves_the_figures_as_they_are(self, metric: CellMetric) -> None:
        given = figures()
        before = pickle.dumps(given)
        metric(given)
        assert pickle.dumps(given) == before

    @pytest.mark.parametrize("energy_Wh", [1.0, 200.0])
    def test_poor_and_rich_cells_have_a_value(self, metric: CellMetric, energy_Wh: float) -> None:
        assert math.isfinite(metric(figures(energy_Wh)))
