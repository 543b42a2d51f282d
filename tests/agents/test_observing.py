"""What the cell stage says of its own result reaches the observation."""

from collections.abc import Mapping
from pathlib import Path

from agents.artifact_store import ArtifactStore
from agents.observing import Outcome, observe
from agents.stage_results import CellResult, VolumePerformance
from controller.report.attachments import charge_curve, reader, volume_curves
from experiments.observation import Observation
from experiments.performance import CellPerformance, ChargeCurve, DischargeCurve, VolumeCurves
from experiments.properties import AxisTransport, EffectiveProperties
from tests.agents.tiny_campaign import job, tiny_campaign

DOUBT = "SPM ranks designs like DFN only up to 0.6C"
MEAN = EffectiveProperties(
    shape=(8, 8, 8),
    voxel_size_m=(1e-6, 1e-6, 1e-6),
    volume_fraction={"pore": 0.3, "active": 0.7},
    percolating_fraction={},
    pore_transport={"0": AxisTransport(relative=0.16, lower=0.16, upper=0.16)},
    solid_transport={"0": AxisTransport(relative=5.0, lower=5.0, upper=5.0)},
    interface_area_per_m={"pore-active": 3e5},
)


def observed(folder: Path, *powers_W: float, flags: tuple[str, ...] = (DOUBT,)) -> Observation:
    performance = CellPerformance(
        metrics={"energy_Wh": 80.0}, termination="minimum voltage", flags=flags
    )
    return written(folder, {one: CellResult(mean=MEAN, at_mean=performance) for one in powers_W})


def written(folder: Path, results: Mapping[float | None, CellResult]) -> Observation:
    outcome = Outcome(
        job=job(tiny_campaign()),
        recipe=None,
        volumes=(),
        results=results,
        records=(),
        failure=None,
        unfinished_s=0.0,
    )
    return observe(
        outcome,
        ArtifactStore(folder.as_uri()),
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:00:01Z",
        versions={},
    )


def test_a_doubt_of_the_cell_stage_is_on_the_observation(tmp_path: Path) -> None:
    assert observed(tmp_path, 100.0).flags == (DOUBT,)


def test_a_doubt_names_its_power_where_there_are_several(tmp_path: Path) -> None:
    found = observed(tmp_path, 50.0, 150.0)
    assert found.flags == (f"{DOUBT} at 50 W", f"{DOUBT} at 150 W")


def test_an_undoubted_result_has_no_flag(tmp_path: Path) -> None:
    assert observed(tmp_path, 100.0, flags=()).flags == ()


def test_charge_and_curves_of_volumes_are_written_where_there_are_any(tmp_path: Path) -> None:
    curve = DischargeCurve(
        time_s=(0.0, 60.0), voltage_V=(4.0, 3.0), capacity_Ah=(0.0, 1.0), power_W=100.0
    )
    charge = ChargeCurve(
        time_s=(0.0, 60.0),
        charged_share=(0.1, 0.8),
        voltage_V=(3.6, 4.1),
        c_rate_per_h=(4.0, 4.0),
        plating_margin_V=(0.1, 0.02),
        kept_margin_V=0.0,
    )
    at_mean = CellPerformance(metrics={}, termination="minimum voltage", curve=curve, charge=charge)
    volume = VolumePerformance(metrics={}, curve=curve, charge=charge)
    failed = VolumePerformance(failure="solver_failed: no")
    read = reader(tmp_path)
    several = CellResult(mean=MEAN, at_mean=at_mean, by_volume=(volume, failed, volume))
    found = written(tmp_path, {100.0: several})
    assert charge_curve(found, read) == charge
    assert volume_curves(found, read) == VolumeCurves(
        discharges=(curve, curve), charges=(charge, charge)
    )
    one = CellResult(mean=MEAN, at_mean=at_mean, by_volume=(volume, failed))
    assert volume_curves(written(tmp_path, {100.0: one}), read) == VolumeCurves()
    bare = CellResult(mean=MEAN, at_mean=at_mean.model_copy(update={"charge": None}))
    assert set(written(tmp_path, {100.0: bare}).provenance.artifacts) == {"properties", "curve"}
