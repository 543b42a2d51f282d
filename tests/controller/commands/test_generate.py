"""``cellwright generate`` as people run it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile

from controller.cli import exit_status
from experiments.frozen import content_hash
from experiments.generation import VolumeRequest
from experiments.microstructure import PHASE_LABEL
from simulators.microstructure.image_file import read_provenance

TEXT = """\
active_wt_pct: 94
porosity: 0.35
thickness_um: 75
particle_d50_um: 4
"""
SMALL = ("--size", "40", "--voxel-size-um", "0.8")


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "coating.yaml"
    path.write_text(TEXT)
    return path


def generated(recipe, *options, name="out.tif"):
    """Return the exit status and where the volume went."""
    output = recipe.with_name(name)
    return exit_status(["generate", str(recipe), "-o", str(output), *SMALL, *options]), output


def refusal(capsys, recipe, *options):
    """Return the one line that a wrong input gives."""
    assert generated(recipe, *options)[0] == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == 1
    return lines[0]


def test_the_file_holds_labels_voxel_size_recipe_and_hash(recipe):
    status, output = generated(recipe)
    assert status == 0
    labels = tifffile.imread(output)
    assert labels.shape == (40, 40, 40)
    assert set(np.unique(labels)) <= set(PHASE_LABEL.values())
    told = read_provenance(output)
    request = VolumeRequest.model_validate(told["request"])
    assert request.recipe.porosity == 0.35
    assert request.voxel_size_m == pytest.approx(8e-7)
    assert told["request_sha256"] == content_hash(request)
    assert told["volume_fraction"]["pore"] == np.mean(labels == 0)


def test_json_gives_one_document_with_fractions_masses_and_seed(recipe, capsys):
    assert generated(recipe, "--seed", "5", "--json")[0] == 0
    document = json.loads(capsys.readouterr().out)
    assert document["request"]["seed"] == 5
    assert sum(document["volume_fraction"].values()) == pytest.approx(1.0)
    assert document["composition"]["macropore"] == pytest.approx(
        document["volume_fraction"]["pore"], abs=1e-3
    )
    assert document["composition"]["areal_capacity_Ah_per_m2"] > 0.0


def test_the_same_seed_writes_the_same_voxels_and_another_seed_others(recipe):
    first, again, other = (
        tifffile.imread(generated(recipe, "--seed", seed, name=f"{k}.tif")[1])
        for k, seed in enumerate(("3", "3", "4"))
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_preview_lies_beside_the_volume_and_says_its_scale(recipe, capsys):
    status, output = generated(recipe, "--preview")
    assert status == 0
    assert output.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert "bar 5 µm" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT.replace("0.35", "1.35"), "coating.yaml:2: porosity: found 1.35; must be below 1"),
        (TEXT.replace(": 4", ": 400"), "yaml:4: particle_d50_um: found 400 µm; must be below 100"),
        (TEXT.replace(": 4", ": 20"), "yaml:4: particle_d50_um: 20 µm is more than half the short"),
        (TEXT.replace("94", "60"), "yaml: the binder domain does not fit: active 0.240 + "),
        (TEXT + "binder_wt_pct: 9\n", "yaml: active_wt_pct 94 + binder_wt_pct 9 is over 100"),
        (
            TEXT + "architecture: {porosity_difference: 0.9}\n",
            "yaml:5: architecture.porosity_difference: the local porosity would run from -0.100",
        ),
        (
            TEXT + "architecture: {channel_diameter_um: 5}\n",
            "give both channel_diameter_um and channel_pitch_um",
        ),
        (
            TEXT + "particle_d10_um: 5\nparticle_d90_um: 9\n",
            "particle_d10_um 5, particle_d50_um 4, particle_d90_um 9: they must rise",
        ),
        (TEXT + "options: {penetraton: 1}\n", "yaml:5: options.penetraton: unknown name; allowed"),
    ],
)
def test_a_wrong_recipe_is_one_line_with_place_value_and_limit(recipe, capsys, text, words):
    recipe.write_text(text)
    assert words in refusal(capsys, recipe)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--size", "0"), "--size 0: every edge must have at least 8 voxels"),
        (("--size", "20000"), "--size 20000: needs about 9.6e+04 GB of memory"),
        (("--size", "4,5"), "--size 4,5: give one whole number, or three"),
        (("--voxel-size-um", "0"), "--voxel-size-um 0: must lie between"),
        (("--seed", "-1"), "--seed -1: must be at least 0"),
        (("-o", "out.png"), "-o out.png: must end in .tif or .tiff"),
        (("-o", "absent/out.tif"), "-o absent/out.tif: there is no folder absent"),
    ],
)
def test_a_wrong_option_is_refused_before_any_work(recipe, capsys, options, words):
    assert words in refusal(capsys, recipe, *options)


def test_a_packing_beyond_its_overlap_bound_is_work_that_failed(recipe, capsys):
    recipe.write_text(
        TEXT.replace("94", "99").replace("0.35", "0.15") + "options: {max_overlap: 0.0001}\n"
    )
    assert generated(recipe)[0] == 3
    assert "packing reached an active fraction of 0." in capsys.readouterr().err
