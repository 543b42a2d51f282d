from __future__ import annotations

import pytest

from controller.recipe_file import read_volume_request
from experiments.errors import Invalid

TEXT = """\
active_wt_pct: 95
porosity: 0.35
thickness_um: 75
particle_d50_um: 6
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "coating.yaml"
    path.write_text(TEXT)
    return path


def refusal(path, size="64", voxel_size_um=0.4):
    with pytest.raises(Invalid) as caught:
        read_volume_request(path, size, voxel_size_um, 1)
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_recipe_in_peoples_units_becomes_a_request_in_metres(recipe):
    recipe.write_text(TEXT + "options: {clusters: 3}\n")
    request = read_volume_request(recipe, "32,48,64", 0.4, 7)
    assert request.shape == (32, 48, 64)
    assert request.seed == 7
    assert request.voxel_size_m == pytest.approx(4e-7)
    assert request.recipe.particle_d50_m == pytest.approx(6e-6)
    assert request.recipe.thickness_m == pytest.approx(75e-6)
    assert request.options == {"clusters": 3}


def test_masses_left_out_share_what_is_left(recipe):
    made = read_volume_request(recipe, "64", 0.4, 1).recipe
    assert (made.binder_wt_pct, made.carbon_wt_pct) == (2.5, 2.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- 1\n", "mapping"),
        ("porosity: 0.3\n", "active_wt_pct is missing"),
        (TEXT.replace("95", "much"), "must be a number"),
        (TEXT.replace("thickness_um: 75\n", ""), "thickness_um is missing"),
        (TEXT + "prosity: 0.3\n", "unknown name"),
        (TEXT.replace("0.35", "1.35"), "coating.yaml:2"),
        (TEXT + "options: 3\n", "must be a mapping"),
    ],
)
def test_a_wrong_recipe_is_refused_where_it_is_wrong(recipe, text, words):
    recipe.write_text(text)
    assert words in refusal(recipe)


def test_a_measured_histogram_is_given_in_micrometres(recipe):
    recipe.write_text(TEXT + "particle_histogram_um: [[2, 0], [4, 0.3], [8, 0.7]]\n")
    made = read_volume_request(recipe, "64", 0.4, 1).recipe
    assert [share for _, share in made.particle_histogram] == [0.0, 0.3, 0.7]
    assert [diameter for diameter, _ in made.particle_histogram] == pytest.approx(
        [2e-6, 4e-6, 8e-6]
    )


@pytest.mark.parametrize(
    ("histogram", "words"),
    [
        ("3", "found 3; must be a list"),
        ("[[2, 0], [4]]", "particle_histogram_um[1]: found [4]; must be [diameter, share]"),
        ("[[4, 0], [2, 1]]", "particle_histogram: diameters must rise"),
    ],
)
def test_a_wrong_histogram_is_refused(recipe, histogram, words):
    recipe.write_text(TEXT + f"particle_histogram_um: {histogram}\n")
    assert words in refusal(recipe)


def test_wrong_sizes_and_files_are_refused(recipe, tmp_path):
    assert "--size" in refusal(recipe, size="64,64")
    assert "--voxel-size-um" in refusal(recipe, voxel_size_um=400.0)
    assert "cannot be read" in refusal(tmp_path / "absent.yaml")
