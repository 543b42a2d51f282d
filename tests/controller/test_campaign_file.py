"""A campaign file is read whole, or refused with one line that says what, where and what else."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.campaign_file import built_in_campaigns, load_campaign, parse_campaign
from experiments.baseline import ImageBaseline, RecipeBaseline
from experiments.campaign import Campaign
from experiments.errors import Invalid

TEXT = load_campaign("quickstart").text


def parsed(text: str) -> Campaign:
    return parse_campaign(text, "x.yaml", Path.cwd())


def test_every_built_in_campaign_is_valid() -> None:
    assert "quickstart" in built_in_campaigns()
    for name in built_in_campaigns():
        assert load_campaign(name).campaign.name == name


def test_a_campaign_survives_its_journey_through_json() -> None:
    campaign = parsed(TEXT)
    assert Campaign.model_validate_json(campaign.model_dump_json()) == campaign


def test_the_baseline_recipe_names_every_varied_value() -> None:
    baseline = parsed(TEXT).baseline
    assert isinstance(baseline, RecipeBaseline)
    assert baseline.design.values == {
        "positive.active_wt_pct": 94.0,
        "positive.porosity": 0.32,
        "positive.thickness_um": 75.0,
    }


def test_units_become_si_in_the_recipe() -> None:
    campaign = parsed(TEXT)
    recipe = campaign.recipe(campaign.design.from_unit([0.5, 0.5, 0.5]))
    assert recipe.positive.thickness_m == pytest.approx(80e-6)
    assert recipe.positive.particle_d50_m == pytest.approx(6e-6)
    assert recipe.positive.binder_wt_pct == pytest.approx(recipe.positive.carbon_wt_pct)


def test_the_electrolyte_varies_like_an_electrode() -> None:
    text = TEXT.replace(
        "design:\n",
        "design:\n  electrolyte: {salt_mol_per_m3: {min: 800, max: 1600}, "
        "correlation: Nyman2008}\n",
    )
    text = text.replace(
        "  positive: {active_wt_pct: 94",
        "  electrolyte: {salt_mol_per_m3: 1000}\n  positive: {active_wt_pct: 94",
    )
    campaign = parsed(text)
    recipe = campaign.recipe(campaign.design.from_unit([0.5] * campaign.design.n_unit))
    assert recipe.electrolyte.salt_mol_per_m3 == pytest.approx(1200.0)
    assert recipe.electrolyte.correlation == "Nyman2008"
    with pytest.raises(Invalid, match=r"salt_mol_per_m3.*must be > 100 and < 4000; found 1\.2"):
        parsed(text.replace("min: 800", "min: 1.2"))


def test_a_protocol_of_its_own_needs_a_model_with_depth() -> None:
    text = TEXT.replace(
        "objectives:\n", "objectives:\n  - {name: fast, minimize: fast_charge_min}\n"
    )
    assert parsed(text).wanted == ("fast_charge_min",)
    with pytest.raises(Invalid, match="fidelities: fast_charge_min needs model DFN at every one"):
        parsed(text.replace("mesh_points: 10", "mesh_points: 10, model: SPM"))


def test_all_parameter_kinds_are_read() -> None:
    text = TEXT.replace(
        "active_wt_pct: {min: 92, max: 97}",
        "mixture: {sum: 100, active_wt_pct: {min: 92, max: 97}, binder_wt_pct: {min: 1, max: 5},"
        " carbon_wt_pct: {min: 1, max: 5}}",
    ).replace("binder_adhesion: 0.5", "binder_adhesion: {choices: [0.1, 0.9]}")
    text = text.replace("thickness_um: 75}", "thickness_um: 75, binder_adhesion: 0.9}")
    campaign = parsed(text)
    assert {p.kind for p in campaign.design.parameters} == {"mixture", "categorical", "continuous"}
    recipe = campaign.recipe(campaign.design.from_unit([0.3] * campaign.design.n_unit))
    total = recipe.positive.active_wt_pct + recipe.positive.binder_wt_pct
    assert total + recipe.positive.carbon_wt_pct == pytest.approx(100)


def test_an_image_baseline_is_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.tif").write_bytes(b"not read here")
    start, end = TEXT.index("baseline:"), TEXT.index("objectives:")
    line = "baseline: {image: c.tif, voxel_size_um: 0.398, thickness_um: 75}\n"
    campaign = parse_campaign(TEXT[:start] + line + TEXT[end:], "x.yaml", tmp_path)
    assert isinstance(campaign.baseline, ImageBaseline)
    assert campaign.baseline.image == str(tmp_path / "c.tif")
    assert len(campaign.baseline.image_sha256 or "") == 64


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("porosity:", "porosty:", "x.yaml:8: design.positive.porosty: unknown parameter (did you "
         "mean 'porosity'?)"),
        ("min: 0.20, max: 0.45", "min: 0.5, max: 0.45", "x.yaml:8: design.positive.porosity: "
         "min 0.5 is not below max 0.45"),
        ("min: 0.20, max: 0.45", "min: 0.2, max: 1.2", "must be > 0 and < 1; found 1.2"),
        ("max: 120", "max: 0.00012", "x.yaml:9: design.positive.thickness_um.max: must be > 1 "
         "and < 1000 µm; found 0.00012"),
        ("specific_energy_Wh_per_kg", "specific_energy", "'specific_energy' is not a metric (did "
         "you mean 'specific_energy_Wh_per_kg'?); allowed: "),
        ("at_power_W: 150", "at_power_W: -5", "objectives[0].at_power_W: must be > 0; found -5"),
        ("constraints: [", "constraints: [{metric: specific_energy_Wh_per_kg, min: 1, "
         "at_power_W: 150.0001}, ", "two powers are both 150 W to six digits"),
        ("budget:", "bugdet:", "unknown key (did you mean 'budget'?)"),
        ("target: fine", "target: finest", "x.yaml:21: target: 'finest' is not a fidelity; "
         "allowed: coarse, fine"),
        ("seed: 7", "seed: 7\nseed: 8", "seed: given twice"),
        ("seed: 7", "seed: [", "not valid YAML"),
        ("voxels: 64", "voxel: 64", "fidelities[0].voxel: unknown key (did you mean 'voxels'?)"),
        ("particle_d50_um: 6", "particle_d50_um: big", "must be a number; found 'big'"),
        ("target: fine\n", "", "the key 'target' is missing"),
        ("    thickness_um: {min: 40, max: 120}\n", "", "the key 'thickness_um' is missing"),
        ("maximize:", "maximise:", "unknown key (did you mean 'maximize'?)"),
        (", thickness_um: 75}", "}", "positive.thickness_um varies in this campaign"),
        ("fine: 8", "fine: -8", "-8 evaluations; must be 0 or more"),
        ("fine: 8", "finer: 8", "budget.evaluations.finer: not a fidelity"),
        ("min: 92, max: 97", "min: .nan, max: 97", "found nan"),
        ("seed: 7", "seed: true", "seed: must be a whole number; found true"),
        ("seed: 7", "generator: 5", "generator: must be a mapping; found 5"),
        ("seed: 7", "decider:", "decider: must be a mapping; found null"),
        ("seed: 7", "deadline_s: .inf", "deadline_s: must be a finite number; found inf"),
        ("reference: baseline", "reference: today", "x.yaml:16: objectives[0].reference: must be a "
         "number or 'baseline'; found 'today'"),
        ("Chen2020}", "Chen2020, fast_charge: {until: 1}}", "cell.fast_charge.until: unknown key; "
         "allowed: from_share, to_share, limit_per_h, plating_margin_V"),
        ("mesh_points: 10", "model: P2D", "fidelities[0].model: must be 'DFN', 'SPMe', 'SPM'"),
        ("binder_adhesion: 0.5", "binder_adhesion: {choices: [0.3, 0.3]}",
         "binder_adhesion.choices[1]: 0.3 is given twice"),
    ],
)  # fmt: skip
def test_wrong_files_are_refused_with_one_line(old: str, new: str, expected: str) -> None:
    assert old in TEXT
    with pytest.raises(Invalid) as caught:
        parsed(TEXT.replace(old, new, 1))
    assert expected in caught.value.message
    assert "\n" not in caught.value.message


def test_a_missing_key_of_the_whole_file_stands_on_no_line() -> None:
    with pytest.raises(Invalid) as caught:
        parsed(TEXT.replace("target: fine\n", ""))
    assert caught.value.message == "x.yaml: the key 'target' is missing"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("voxel_size_um", "100", "baseline.voxel_size_um: must be < 10; found 100"),
        ("particle_d50_um", "true", "baseline.particle_d50_um: must be a number; found true"),
        ("labels", "{pore: no}", "baseline.labels.pore: must be a whole number; found false"),
        ("image", "none.tif", "baseline.image: no such file"),
        ("picture", "c.tif", "baseline.picture: unknown key; allowed: image, voxel_size_um"),
    ],
)
def test_a_wrong_image_baseline_is_told_in_its_own_words(
    tmp_path: Path, key: str, value: str, message: str
) -> None:
    (tmp_path / "c.tif").write_bytes(b"not read here")
    given = {"image": "c.tif", "voxel_size_um": "0.398", "thickness_um": "75", key: value}
    words = ", ".join(f"{name}: {one}" for name, one in given.items())
    start, end = TEXT.index("baseline:"), TEXT.index("objectives:")
    text = f"{TEXT[:start]}baseline: {{{words}}}\n{TEXT[end:]}"
    with pytest.raises(Invalid, match=r"^x\.yaml:13: ") as caught:
        parse_campaign(text, "x.yaml", tmp_path)
    assert message in caught.value.message


@pytest.mark.parametrize("text", ["", "- 1", "just words", "{}", "design: 3"])
def test_what_is_no_campaign_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parsed(text)


def test_a_missing_file_names_the_built_in_campaigns() -> None:
    with pytest.raises(Invalid, match=r"no such file.*quickstart"):
        load_campaign("nowhere.yaml")


def test_a_bpx_file_is_found_beside_the_campaign_and_known_by_its_hash(tmp_path: Path) -> None:
    (tmp_path / "cell.bpx.json").write_text("{}", encoding="utf-8")
    text = TEXT.replace("parameter_set: Chen2020", "parameter_set: cell.bpx.json")
    cell = parse_campaign(text, "x.yaml", tmp_path).cell
    assert cell.parameter_set == str(tmp_path / "cell.bpx.json")
    assert len(cell.parameter_set_sha256 or "") == 64
    with pytest.raises(Invalid, match=r"x\.yaml.*cell\.parameter_set.*no such BPX file: .*other"):
        parse_campaign(text.replace("cell.bpx", "other"), "x.yaml", tmp_path)


def test_a_graded_coating_may_be_varied_and_fixed() -> None:
    line = "    porosity: {min: 0.20, max: 0.45}\n"
    assert line in TEXT
    added = "    architecture: {porosity_difference: {min: -0.2, max: 0.0}, size_ratio: 1.5}\n"
    today = "architecture: {porosity_difference: 0.0}, active_wt_pct: 94"
    text = TEXT.replace(line, line + added).replace("active_wt_pct: 94", today)
    campaign = parsed(text)
    assert "positive.architecture.porosity_difference" in campaign.design.names
    architecture = campaign.recipe(campaign.design.from_unit([0.5] * 4)).positive.architecture
    assert architecture is not None
    assert architecture.porosity_difference == pytest.approx(-0.1)
    assert architecture.size_ratio == 1.5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{porosity_diference: 0.1}", r"did you mean 'architecture\.porosity_difference'"),
        ("{porosity_difference: 3}", "must be > -1 and < 1; found 3"),
        ("0.3", "must be a mapping of parameters; found 0.3"),
    ],
)
def test_a_wrong_architecture_is_refused_at_its_key(given: str, message: str) -> None:
    line = "    porosity: {min: 0.20, max: 0.45}\n"
    with pytest.raises(Invalid, match=rf"x\.yaml.*architecture.*{message}"):
        parsed(TEXT.replace(line, f"{line}    architecture: {given}\n"))


def test_a_generator_named_by_its_model_is_the_learned_one() -> None:
    campaign = parsed(TEXT + "\ngenerator: {model: nmc21}\n")
    assert campaign.generator.name == "learned"
    assert campaign.generator.options == {"model": "nmc21"}
