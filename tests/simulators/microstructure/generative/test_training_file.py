from pathlib import Path

import pytest
import yaml

from experiments.errors import Invalid
from simulators.microstructure.generative.training_file import parse_training

SHIPPED = Path(__file__).parents[4] / "experiments/training/nmc21.yaml"
IMAGES = {
    "name": "two",
    "kind": "volumes",
    "voxel_size_um": 0.4,
    "label_names": ["porosity"],
    "samples": [{"file": f"{i}.tif", "labels": {"porosity": 0.3 + i / 10}} for i in range(2)],
}


def test_the_shipped_file_trains_on_21_labels_and_withholds_6_inside_their_hull():
    training = parse_training(yaml.safe_load(SHIPPED.read_text()), "nmc21.yaml")
    assert (len(training.train), len(training.withheld)) == (21, 6)
    assert not set(training.train) & set(training.withheld)
    for row in training.withheld:
        training.label_space.require_inside(dict(zip(training.label_names, row, strict=True)))


def test_labels_change_the_recipe_and_keep_binder_to_carbon():
    training = parse_training(yaml.safe_load(SHIPPED.read_text()), "nmc21.yaml")
    recipe = training.recipe_at((96.0, 0.3, 0.2))
    assert (recipe.active_wt_pct, recipe.porosity, recipe.binder_adhesion) == (96.0, 0.3, 0.2)
    assert recipe.binder_wt_pct == recipe.carbon_wt_pct == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": [{"file": "a.tif"}]}, "a.tif: labels"),
        (
            {"samples": [{"file": "a.tif", "labels": {"porosity": 0.3}, "voxel_size_um": 0.5}]},
            "all images must have one voxel size",
        ),
        ({"kind": "image"}, "exactly one sample"),
        ({"kind": "recipes"}, "kind recipes wants"),
        ({"course": {"steps": 0}}, r"course\.steps"),
        ({"speed": 1}, "speed"),
    ],
)
def test_a_wrong_file_is_one_clear_line(change, message):
    with pytest.raises(Invalid, match=message) as refused:
        parse_training({**IMAGES, **change}, "two.yaml")
    assert refused.value.message.startswith("two.yaml: ")


RECIPES = yaml.safe_load(SHIPPED.read_text())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"withheld": [[93.5, 0.34]]},
            r"withheld: \[93\.5, 0\.34\] has 2 numbers",
        ),
        ({"withheld": [[94.5, 0.365, 0.5]]}, "is also trained on"),
        ({"withheld": [[98.0, 0.34, 0.5]]}, r"withheld: active_wt_pct 98.*outside the labels"),
        ({"train": [[93.5, 0.34]]}, "train: .* has 2 numbers"),
        ({"voxels": 80}, "voxels: 80 are fewer than course.crop, 88"),
    ],
)
def test_labels_that_cannot_be_asked_and_structures_too_small_are_one_clear_line(change, message):
    with pytest.raises(Invalid, match=message) as refused:
        parse_training({**RECIPES, **change}, "wrong.yaml")
    assert "\n" not in refused.value.message
