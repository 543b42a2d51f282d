from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agents.artifact_store import ArtifactStore
from agents.evaluate_job import evaluate_job
from agents.stages import stage_versions
from agents.voxel_file import unpack
from experiments.baseline import ImageBaseline
from experiments.campaign import Campaign, Objective, PartChoice
from experiments.design import Design
from experiments.design_space import Continuous, DesignSpace
from experiments.fidelity import Fidelity
from experiments.image_hash import image_sha256
from experiments.job import Job, new_job
from experiments.observation import FailureKind, Observation
from simulators.microstructure.image_file import VERSION as READER_VERSION
from simulators.microstructure.image_file import write_labels
from tests.agents.tiny_campaign import job, tiny_campaign

Evaluate = Callable[..., Observation]


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    def run(campaign: Campaign, one: Job) -> Observation:
        return evaluate_job(campaign, one, str(tmp_path))

    return run


def cached(observation: Observation) -> dict[str, list[bool]]:
    found: dict[str, list[bool]] = {}
    for record in observation.provenance.stages:
        found.setdefault(record.stage, []).append(record.cached)
    return found


def test_a_design_becomes_an_observation_with_everything_it_rests_on(evaluate: Evaluate) -> None:
    campaign = tiny_campaign()
    observation = evaluate(campaign, job(campaign, "fine"))
    assert observation.failure is None
    assert observation.termination
    assert observation.recipe is not None
    assert observation.recipe.positive.thickness_m == pytest.approx(75e-6)
    assert cached(observation) == {
        "generate": [False, False],
        "characterize": [False, False],
        "evaluate": [False],
    }
    energy = observation.metrics["specific_energy_Wh_per_kg"]
    assert len(energy.samples) == 2
    assert (
        min(energy.samples) <= energy.value <= max(energy.samples)
        or abs(energy.value - sum(energy.samples) / 2) < 0.01 * energy.value
    )
    assert observation.metrics["areal_capacity_mAh_per_cm2"].samples == ()
    assert observation.properties is not None
    assert observation.properties.n_volumes == 2
    tau = observation.metrics["pore_tortuosity_factor"]
    assert tau.value == observation.properties.pore_transport["0"].tortuosity_factor
    assert len(tau.samples) == 2
    assert set(observation.provenance.artifacts) == {
        "voxels",
        "voxels@1",
        "properties",
        "curve",
        "volume-curves",
        "profiles",
    }
    assert observation.provenance.busy_s == pytest.approx(
        sum(record.elapsed_s for record in observation.provenance.stages)
    )


def test_the_same_job_again_costs_nothing_and_says_the_same(evaluate: Evaluate) -> None:
    campaign = tiny_campaign()
    first = evaluate(campaign, job(campaign))
    again = evaluate(campaign, job(campaign))
    assert all(record.cached for record in again.provenance.stages)
    assert again.provenance.busy_s == 0
    assert again.metrics == first.metrics
    assert again.provenance.artifacts == first.provenance.artifacts


def test_power_and_n_to_p_ratio_leave_the_microstructure_and_its_properties_alone(
    evaluate: Evaluate,
) -> None:
    campaign = tiny_campaign()
    one = job(campaign)
    evaluate(campaign, one)
    reused = {"generate": [True], "characterize": [True], "evaluate": [False]}
    space = campaign.design
    for changed in (
        tiny_campaign(objectives=(energy_at(120.0),)),
        tiny_campaign(
            design=space.model_copy(update={"fixed": {**space.fixed, "negative.n_to_p_ratio": 1.2}})
        ),
    ):
        assert cached(evaluate(changed, one)) == reused


def test_the_thickness_of_an_ungraded_electrode_leaves_its_microstructure_alone(
    evaluate: Evaluate,
) -> None:
    thick = job(tiny_campaign(), thickness_um=75.0)
    thin = thick.model_copy(update={"design": job(tiny_campaign(), thickness_um=50.0).design})
    evaluate(tiny_campaign(), thick)
    assert cached(evaluate(tiny_campaign(), thin)) == {
        "generate": [True],
        "characterize": [True],
        "evaluate": [False],
    }


def test_another_conductivity_measures_the_same_volume_again(evaluate: Evaluate) -> None:
    campaign = tiny_campaign()
    evaluate(campaign, job(campaign))
    physics = campaign.physics.model_copy(update={"binder_conductivity_S_per_m": 100.0})
    assert cached(evaluate(tiny_campaign(physics=physics), job(campaign))) == {
        "generate": [True],
        "characterize": [False],
        "evaluate": [False],
    }


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_volume_whose_file_is_damaged_is_made_again(
    evaluate: Evaluate, tmp_path: Path, damage: str
) -> None:
    campaign = tiny_campaign()
    first = evaluate(campaign, job(campaign))
    file = next(tmp_path.rglob("*.npz"))
    file.unlink() if damage == "gone" else file.write_bytes(file.read_bytes()[:100])
    for path in (tmp_path / "stages" / "characterize").rglob("*.json"):
        path.unlink()
    again = evaluate(campaign, job(campaign))
    assert cached(again) == {"generate": [False], "characterize": [False], "evaluate": [True]}
    artifact = again.provenance.artifacts["voxels"]
    assert artifact == first.provenance.artifacts["voxels"]
    assert ArtifactStore(str(tmp_path)).read(artifact) is not None


def test_another_seed_gives_another_volume(evaluate: Evaluate) -> None:
    campaign = tiny_campaign()
    one = job(campaign)
    other = one.model_copy(update={"seed": one.seed + 1})
    first, second = evaluate(campaign, one), evaluate(campaign, other)
    assert first.provenance.artifacts["voxels"] != second.provenance.artifacts["voxels"]


def test_two_powers_give_two_sets_of_metrics(evaluate: Evaluate) -> None:
    campaign = tiny_campaign(objectives=(energy_at(100.0), energy_at(200.0)))
    metrics = evaluate(campaign, job(campaign)).metrics
    for objective in campaign.objectives:
        assert campaign.metric_key(objective) in metrics
    low, high = (metrics[campaign.metric_key(o)].value for o in campaign.objectives)
    assert high < low
    assert "areal_capacity_mAh_per_cm2@200W" not in metrics


def test_without_a_power_nothing_is_discharged(evaluate: Evaluate) -> None:
    transport = Objective(name="ions", metric="pore_relative_diffusivity", sense="maximize")
    campaign = tiny_campaign(objectives=(transport,))
    observation = evaluate(campaign, job(campaign))
    assert observation.metrics["pore_relative_diffusivity"].value > 0
    assert observation.metrics["areal_capacity_mAh_per_cm2"].value > 0
    assert "specific_energy_Wh_per_kg" not in observation.metrics
    assert "curve" not in observation.provenance.artifacts


def test_masses_that_do_not_fit_are_an_infeasible_recipe(evaluate: Evaluate) -> None:
    campaign = tiny_campaign(
        design=DesignSpace(
            parameters=(
                Continuous(name="positive.porosity", low=0.01, high=0.5),
                Continuous(name="positive.thickness_um", low=40, high=100),
            ),
            fixed={"positive.active_wt_pct": 80.0, "positive.particle_d50_um": 6.0},
        )
    )
    observation = evaluate(campaign, job(campaign, porosity=0.02))
    assert observation.failure is not None
    assert observation.failure.kind is FailureKind.infeasible_recipe
    assert observation.metrics == {}


def test_blocked_ions_are_a_failure_that_keeps_the_properties(evaluate: Evaluate) -> None:
    campaign = tiny_campaign(
        physics=tiny_campaign().physics.model_copy(update={"binder_ion_diffusivity": 0.0}),
        design=DesignSpace(
            parameters=(
                Continuous(name="positive.porosity", low=0.05, high=0.5),
                Continuous(name="positive.thickness_um", low=40, high=100),
            ),
            fixed={"positive.active_wt_pct": 96.0, "positive.particle_d50_um": 6.0},
        ),
    )
    observation = evaluate(campaign, job(campaign, porosity=0.09))
    assert observation.failure is not None
    assert observation.failure.kind is FailureKind.not_percolating
    assert observation.failure.stage == "characterize"
    assert observation.properties is not None
    assert observation.properties.pore_transport["0"].relative == 0


def test_a_power_no_cell_can_give_is_the_designs_failure(evaluate: Evaluate) -> None:
    campaign = tiny_campaign(objectives=(energy_at(99_000.0),))
    observation = evaluate(campaign, job(campaign))
    assert observation.failure is not None
    assert observation.failure.kind is FailureKind.power_too_high
    assert observation.failure.stage == "evaluate"


def test_a_box_too_small_for_its_particles_is_bad_input(evaluate: Evaluate) -> None:
    small = Fidelity(name="coarse", voxels=8, voxel_size_um=1.0, mesh_points=8)
    campaign = tiny_campaign(fidelities=(small, small.model_copy(update={"name": "fine"})))
    observation = evaluate(campaign, job(campaign))
    assert observation.failure is not None
    assert observation.failure.kind is FailureKind.bad_input
    assert observation.failure.stage == "generate"


def test_an_image_is_read_measured_and_evaluated_like_a_design(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    campaign = tiny_campaign()
    generated = evaluate(campaign, job(campaign))
    data = ArtifactStore(str(tmp_path)).read(generated.provenance.artifacts["voxels"])
    assert data is not None
    image = tmp_path / "cathode.tif"
    write_labels(image, unpack(data))
    baseline = image_baseline(image, voxel_size_um=1.5)
    of_image = tiny_campaign(baseline=baseline)
    observation = evaluate(of_image, today(of_image))
    assert observation.failure is None
    assert cached(observation) == {"read": [False], "characterize": [False], "evaluate": [False]}
    assert observation.is_of_an_image
    assert not generated.is_of_an_image
    assert observation.recipe is not None
    assert observation.recipe.positive.thickness_m == pytest.approx(75e-6)
    assert observation.recipe.positive.porosity == pytest.approx(0.35, abs=0.01)
    assert observation.recipe.positive.active_wt_pct == pytest.approx(94.0, abs=0.2)
    assert observation.properties is not None
    measured_m = observation.properties.particle_radius_m
    assert observation.recipe.positive.particle_d50_m == pytest.approx(2 * measured_m)
    assert generated.properties is not None
    assert observation.properties.pore_transport["0"].relative == pytest.approx(
        generated.properties.pore_transport["0"].relative, rel=2e-3
    )
    image.unlink()
    again = evaluate(of_image, today(of_image))
    assert all(record.cached for record in again.provenance.stages)


def test_an_image_that_changed_since_the_start_is_bad_input(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    image = tmp_path / "cathode.tif"
    image.write_bytes(b"as it was")
    campaign = tiny_campaign(baseline=image_baseline(image))
    image.write_bytes(b"another one")
    observation = evaluate(campaign, today(campaign))
    assert observation.failure is not None
    assert observation.failure.kind is FailureKind.bad_input
    assert "changed since the campaign file was read" in observation.failure.message


@pytest.mark.parametrize(
    ("content", "message"), [(None, "No such file"), (b"", "cathode.tif"), (b"II*", "cathode.tif")]
)
def test_an_image_that_cannot_be_used_is_bad_input(
    evaluate: Evaluate, tmp_path: Path, content: bytes | None, message: str
) -> None:
    image = tmp_path / "cathode.tif"
    image.write_bytes(content or b"")
    campaign = tiny_campaign(baseline=image_baseline(image))
    if content is None:
        image.unlink()
    observation = evaluate(campaign, today(campaign))
    assert observation.failure is not None
    assert observation.failure.kind is FailureKind.bad_input
    assert message in observation.failure.message


@pytest.mark.slow
def test_the_real_cathode_is_measured_and_evaluated(evaluate: Evaluate, shared_data: Path) -> None:
    campaign = tiny_campaign(
        baseline=image_baseline(shared_data / "nmc_cathode_ct.tif", voxel_size_um=0.398)
    )
    observation = evaluate(campaign, today(campaign))
    assert observation.failure is None
    assert observation.properties is not None
    assert observation.properties.volume_fraction["pore"] == pytest.approx(0.4005, abs=1e-4)
    assert observation.metrics["specific_energy_Wh_per_kg"].value > 100


def test_every_stage_names_a_version() -> None:
    versions = stage_versions(PartChoice(name="stochastic"))
    assert set(versions) == {"generate", "read", "characterize", "evaluate"}
    assert "stochastic" in versions["generate"]
    assert "pybamm" in versions["evaluate"]
    assert f"image-{READER_VERSION}" in versions["read"]


def image_baseline(image: Path, voxel_size_um: float = 0.4) -> ImageBaseline:
    return ImageBaseline(
        image=str(image),
        image_sha256=image_sha256(image),
        voxel_size_um=voxel_size_um,
        thickness_um=75,
    )


def today(campaign: Campaign) -> Job:
    """Return the job of an image baseline."""
    return new_job(
        campaign.name, Design(), "coarse", campaign_seed=campaign.seed, purpose="baseline"
    )


def energy_at(power_W: float) -> Objective:
    return Objective(
        name=f"energy{power_W:g}",
        metric="specific_energy_Wh_per_kg",
        sense="maximize",
        at_power_W=power_W,
    )
