"""What the cell stage says of its own result reaches the observation."""

from pathlib import Path

from agents.artifact_store import ArtifactStore
from agents.observing import Outcome, observe
from agents.stage_results import CellResult
from experiments.observation import Observation
from experiments.performance import CellPerformance
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
    outcome = Outcome(
        job=job(tiny_campaign()),
        recipe=None,
        volumes=(),
        results={power_W: CellResult(mean=MEAN, at_mean=performance) for power_W in powers_W},
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
