import pytest

from experiments.architecture import Architecture
from experiments.errors import Invalid
from simulators.microstructure.stochastic.volume_plan import plan_volume
from tests.contracts.generator_contract import RECIPE, request


def plan(options=None, shape=None, **changes):
    asked = request(recipe=RECIPE.model_copy(update=changes))
    update = {"options": options or {}}
    if shape:
        update["shape"] = shape
    return plan_volume(asked.model_copy(update=update))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"particle_d50_m": 30e-6}, "particle_d50_m: 30 µm is more than half the shortest edge"),
        ({"particle_d50_m": 1e-6}, "particle_d50_m: 1 µm is less than 2 voxels of 0.65 µm"),
        (
            {"particle_d50_m": 16e-6, "particle_spread": 0.5},
            "largest particles are 55.8 µm long, more than the shortest edge",
        ),
        ({"shape": (4, 64, 64)}, "every edge must have at least 8"),
        (
            {"architecture": Architecture(porosity_difference=0.6)},
            "architecture.porosity_difference: the densest layer would be",
        ),
        ({"options": {"penetraton": 1}}, "options.penetraton"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(changes, words):
    with pytest.raises(Invalid) as refused:
        plan(**changes)
    assert words in refused.value.message


def test_a_uniform_coating_is_periodic_and_a_graded_one_has_walls():
    assert plan().box.is_periodic == (True, True, True)
    graded = plan(architecture=Architecture(porosity_difference=0.1))
    assert graded.box.is_periodic == (False, True, True)
    assert plan(options={"boundary": "boxed"}).box.is_periodic == (False, False, False)


def test_what_is_less_than_wanted_is_noted():
    notes = plan(particle_d50_m=8e-6, architecture=Architecture(porosity_difference=0.1)).notes
    assert notes == (
        "the volume is 4.6 median diameters wide; 6 are wanted",
        "profiles through 75 µm are pressed into the volume's height of 36.4 µm",
    )


def test_calendering_starts_from_the_height_that_holds_the_same_solids():
    assert plan(porosity=0.35, calender_from_porosity=0.5).loose_height == pytest.approx(1.3)
