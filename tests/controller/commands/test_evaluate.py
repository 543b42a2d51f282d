"""``cellwright evaluate`` takes a design through the real chain and keeps its contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.campaign_file import load_campaign
from controller.cli import exit_status


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a campaign whose structures take a fraction of a second."""
    path = tmp_path / "small.yaml"
    text = load_campaign("quickstart").text.replace("name: quickstart", "name: small")
    path.write_text(text.replace("voxels: 64", "voxels: 24").replace("voxels: 96", "voxels: 32"))
    return path


def evaluate(
    capsys: pytest.CaptureFixture[str], campaign: Path, *arguments: str
) -> tuple[int, str, str]:
    home = campaign.parent / "home"
    status = exit_status(["--home", str(home), "evaluate", str(campaign), *arguments])
    shown = capsys.readouterr()
    return status, shown.out, shown.err


def test_json_holds_what_the_contract_names(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = evaluate(
        capsys, small, "--at", "positive.porosity=0.35", "--fidelity", "coarse", "--json"
    )
    assert status == 0
    document = json.loads(out)
    assert document["design"]["positive.porosity"] == 0.35
    assert document["fidelity"] == "coarse"
    assert document["failure"] is None
    assert document["termination"]
    assert 100 < document["performance"]["specific_energy_Wh_per_kg"] < 300
    fractions = document["properties"]["volume_fraction"]
    assert sum(fractions.values()) == pytest.approx(1.0)
    assert "positive.thickness_um = 75: from the baseline" in err


def test_another_seed_is_another_structure_and_the_same_seed_the_same(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = []
    for seed in ("1", "1", "2"):
        _, out, _ = evaluate(capsys, small, "--fidelity", "coarse", "--seed", seed, "--json")
        values.append(json.loads(out)["properties"]["pore_transport"]["0"]["relative"])
    assert values[0] == values[1] != values[2]


def test_a_recipe_that_cannot_be_made_is_a_failed_evaluation(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = evaluate(
        capsys, small, "--at", "positive.porosity=0.05", "--at", "positive.active_wt_pct=80",
        "--json",
    )  # fmt: skip
    assert status == 3
    assert json.loads(out)["failure"]["kind"] == "infeasible_recipe"


def test_figures_show_the_design_beside_the_baseline(
    small: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "figures"
    status, out, _ = evaluate(
        capsys, small, "--fidelity", "coarse", "--figures", str(folder), "--json"
    )
    assert status == 0
    written = json.loads(out)["figures"]
    assert [Path(path).name for path in written] == ["voltage.png", "profiles.png", "energies.png"]
    assert all(Path(path).read_bytes().startswith(b"\x89PNG") for path in written)
    assert all(Path(path).stat().st_size > 10_000 for path in written)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--fidelity", "finest"], "allowed: coarse, fine"),
        (["--at", "positive.porosity"], "NAME=VALUE"),
        (["--at", "porosity=0.3"], "did you mean"),
        (["--from", "best"], "no Cellwright home"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(
    small: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    status, out, err = evaluate(capsys, small, *arguments)
    assert (status, out) == (2, "")
    assert expected in err
    assert len(err.strip().splitlines()) == 1


def test_a_material_nobody_knows_is_wrong_usage_in_one_line(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = evaluate(capsys, small, "--at", "positive.active_material=Foo")
    assert status == 2
    assert out == ""
    assert "active_material: 'Foo' is not known; allowed: ['LFP'" in err
