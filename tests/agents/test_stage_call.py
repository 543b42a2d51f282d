"""Keys of stage calls: equal where results are equal, different where anything matters."""

from __future__ import annotations

import pytest

from agents.stage_call import StageCall, StageCalls, is_graded, volume_seed
from agents.stages import characterize, generate
from experiments.baseline import ImageBaseline
from experiments.build_fidelity import BuildFidelity
from experiments.campaign import Campaign, Objective
from experiments.fidelity import Fidelity
from experiments.recipe import ElectrodeRecipe, Recipe
from experiments.recipe_values import recipe_of
from tests.agents.test_observing import MEAN
from tests.agents.tiny_campaign import TODAY, job, tiny_campaign

VERSIONS = {"generate": "1", "read": "1", "characterize": "1", "evaluate": "1"}
CAMPAIGN = tiny_campaign()
COARSE, FINE = CAMPAIGN.fidelities


def calls(campaign: Campaign = CAMPAIGN, **versions: str) -> StageCalls:
    return StageCalls(campaign, {**VERSIONS, **versions})


def recipe(**values: float) -> Recipe:
    return recipe_of({**CAMPAIGN.design.fixed, **TODAY, **values})


def positive(**changes: object) -> ElectrodeRecipe:
    return recipe().positive.model_copy(update=changes)


def generated(of: ElectrodeRecipe, index: int = 0) -> StageCall:
    return calls().generate(job(CAMPAIGN), of, COARSE, index)


def test_an_even_coating_of_any_thickness_has_the_same_volumes():
    assert generated(positive(thickness_m=60e-6)).key == generated(positive()).key
    assert generated(positive(porosity=0.36)).key != generated(positive()).key


def test_a_coating_that_dries_unevenly_has_volumes_of_its_own_for_every_thickness():
    graded = positive(drying_rate_kg_per_m2_s=1e-3)
    assert is_graded(graded)
    assert not is_graded(positive())
    other = graded.model_copy(update={"thickness_m": 60e-6})
    assert generated(graded).key != generated(other).key


def test_every_volume_of_every_job_has_a_seed_of_its_own():
    jobs = [job(CAMPAIGN), job(CAMPAIGN, porosity=0.4), job(CAMPAIGN, "fine")]
    seeds = {volume_seed(one, index) for one in jobs for index in range(3)}
    assert len(seeds) == 9
    assert volume_seed(jobs[0], 1) == volume_seed(jobs[0], 1)


def test_a_version_is_part_of_the_key():
    one = calls(generate="2").generate(job(CAMPAIGN), positive(), COARSE, 0)
    assert (one.version, one.function) == ("2", generate)
    assert one.key != generated(positive()).key


def test_an_image_is_known_by_its_hash_and_not_by_its_place():
    here = ImageBaseline(image="a.tif", voxel_size_um=0.4, thickness_um=75, image_sha256="0" * 64)
    there = here.model_copy(update={"image": "b/c.tif", "thickness_um": 60})
    assert calls().read(here).key == calls().read(there).key
    finer = here.model_copy(update={"voxel_size_um": 0.39})
    assert calls().read(here).key != calls().read(finer).key


def test_what_is_measured_of_few_volumes_is_kept_apart_from_what_is_measured_of_many():
    source = generated(positive())
    one = calls().characterize(source, 0, n_volumes=1)
    many = calls().characterize(source, 0, n_volumes=8)
    deep = calls().characterize(source, 0, n_volumes=8, by_depth=True)
    assert len({one.key, many.key, deep.key}) == 3
    assert one.function is characterize
    assert one.arguments == (CAMPAIGN.physics, False, True)


def test_the_negatives_size_and_the_power_change_the_cell_alone():
    few = calls().evaluate(recipe(), FINE, (), 100.0)
    assert calls().evaluate(recipe(), FINE, (), 150.0).key != few.key
    wider = recipe(**{"negative.n_to_p_ratio": 1.2})
    assert wider.negative.n_to_p_ratio == pytest.approx(1.2)
    assert calls().evaluate(wider, FINE, (), 100.0).key != few.key
    assert generated(wider.positive).key == generated(recipe().positive).key


def test_the_cells_key_rests_on_its_volumes():
    source = generated(positive())
    measured = calls().characterize(source, 0, n_volumes=8)
    other = calls().characterize(generated(positive(), 1), 1, n_volumes=8)
    one, two = (
        calls().evaluate(recipe(), FINE, ((volume, MEAN),), 100.0) for volume in (measured, other)
    )
    assert one.key != two.key
    assert one.arguments == two.arguments


def test_a_metric_that_needs_no_power_is_asked_for_once():
    objectives = tuple(
        Objective(name=f"e{power:g}", metric="specific_energy_Wh_per_kg", sense="maximize",
                  at_power_W=power)
        for power in (100.0, 200.0)
    )  # fmt: skip
    life = Objective(name="life", metric="cycles_to_end", sense="maximize")
    campaign = tiny_campaign(objectives=(*objectives, life))
    asked = [calls(campaign).evaluate(recipe(), FINE, (), power) for power in (100.0, 200.0)]
    assert [len(one.arguments[0].wanted) for one in asked] == [len(campaign.wanted), 0]


def test_a_charge_is_kept_once_at_the_finest_level_of_a_campaign_that_builds():
    objectives = tuple(
        Objective(name=f"e{power:g}", metric="specific_energy_Wh_per_kg", sense="maximize",
                  at_power_W=power)
        for power in (100.0, 200.0)
    )  # fmt: skip
    level = BuildFidelity(
        kind="build", name="cell", instrument="bench", cost_EUR=38.0, channel_days=9.0
    )
    building = CAMPAIGN.model_copy(
        update={"objectives": objectives, "fidelities": (COARSE, FINE, level)}
    )

    def is_kept(campaign: Campaign, fidelity: Fidelity, power_W: float) -> bool:
        (request,) = calls(campaign).evaluate(recipe(), fidelity, (), power_W).arguments
        return request.with_charge

    assert is_kept(building, FINE, 100.0)
    assert not is_kept(building, FINE, 200.0)
    assert not is_kept(building, COARSE, 100.0)
    assert not is_kept(CAMPAIGN, FINE, 100.0)
    shallow = FINE.model_copy(update={"model": "SPM"})
    few = building.model_copy(update={"fidelities": (COARSE, shallow, level)})
    assert not is_kept(few, shallow, 100.0)
