from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile

from controller.cli import exit_status
from tests.simulators.properties.shapes import gaussian_field


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """Three phases in values nobody would guess, without a voxel size in the file."""
    field = gaussian_field((40, 42, 44), 2.5, 0)
    path = tmp_path_factory.mktemp("image") / "electrode.tif"
    tifffile.imwrite(path, (np.digitize(field, [0.0, 0.9]) * 85).astype(np.uint8))
    return str(path)


NAMED = ["--voxel-size-um", "0.4", "--labels", "pore=0,active=85,binder=170"]


def run(capsys, *arguments):
    status = exit_status(["characterize", *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_json_holds_what_the_contract_promises(capsys, image):
    status, out, _ = run(capsys, image, *NAMED, "--json")
    assert status == 0
    found = json.loads(out)
    assert found["shape"] == [40, 42, 44]
    assert found["voxel_size_m"] == pytest.approx([0.4e-6] * 3)
    assert set(found["volume_fraction"]) == {"pore", "active", "binder"}
    assert set(found["percolating_fraction"]["pore"]) == {"0", "1", "2"}
    for carrier, value in (
        ("pore_transport", "relative_diffusivity"),
        ("solid_transport", "relative_conductivity"),
    ):
        for axis in "012":
            along = found[carrier][axis]
            assert along["lower"] <= along[value] <= along["upper"]
            assert along["tortuosity_factor"] > 1
            assert len(along["profile"]) == len(along["tortuosity_profile"]) == 40 + 2 * int(axis)
    assert set(found["interface_area_per_m"]) == {"pore-active", "pore-binder", "active-binder"}
    assert 1e-7 < found["mean_pore_radius_m"] < 1e-5
    assert found["elapsed_s"] > 0
    settings = found["settings"]
    assert settings["labels"] == "pore=0,active=85,binder=170"
    assert settings["binder_ion_diffusivity"] == 0.0
    assert settings["solid_conductivity.active"] == pytest.approx(8e-4)
    assert settings["tolerance"] == 1e-3
    assert any("ever finer" in note or "thin as these voxels" in note for note in found["notes"])
    assert found["morphology"]["phases"]["pore"]["volume_fraction_sd"] > 0


def test_the_table_is_for_people_and_goes_to_stdout(capsys, image):
    status, out, err = run(capsys, image, *NAMED, "--binder-ion-diffusivity", "0.3")
    assert status == 0
    assert "tortuosity factor" in out
    assert "µm²/µm³" in out
    assert "tortuosity" not in err


def test_a_blocked_network_is_said_in_words(capsys, tmp_path):
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[10] = 1
    tifffile.imwrite(tmp_path / "wall.tif", labels)
    status, out, _ = run(capsys, str(tmp_path / "wall.tif"), "--voxel-size-um", "0.4")
    assert status == 0
    assert "∞, no path" in out
    assert "pore network does not reach from separator to collector at 95% porosity" in " ".join(
        out.split()
    )


def test_conductivities_of_nothing_are_no_blocked_network(capsys, image):
    _, out, _ = run(capsys, image, *NAMED, "--solid-conductivity", "active=0,binder=0")
    said = " ".join(out.split())
    assert "no phase of the image was given a conductivity for electrons" in said
    assert "solid network does not reach" not in said


def test_the_flux_of_another_image_does_not_stay_where_none_flows(capsys, tmp_path):
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[10] = 1
    tifffile.imwrite(tmp_path / "wall.tif", labels)
    (tmp_path / "flux.png").write_bytes(b"of another image")
    options = ["--voxel-size-um", "0.4", "--figures", str(tmp_path)]
    status, _, _ = run(capsys, str(tmp_path / "wall.tif"), *options)
    assert status == 0
    assert not (tmp_path / "flux.png").exists()


def test_the_flux_is_drawn_with_the_sides_asked_for(capsys, monkeypatch, image, tmp_path):
    from simulators.properties import flux_field

    asked = []
    solve = flux_field.flux_on_slice

    def watched(*arguments, **options):
        asked.append(options["sides"])
        return solve(*arguments, **options)

    monkeypatch.setattr(flux_field, "flux_on_slice", watched)
    run(capsys, image, *NAMED, "--sides", "periodic", "--figures", str(tmp_path))
    assert asked == ["periodic"]


def test_given_conductivities_are_used(capsys, image):
    conducting = ["--solid-conductivity", "active=2,binder=2", "--json"]
    _, out, _ = run(capsys, image, *NAMED, *conducting)
    both = json.loads(out)["solid_transport"]["0"]["relative_conductivity"]
    _, out, _ = run(capsys, image, *NAMED, "--solid-conductivity", "active=1,binder=1", "--json")
    half = json.loads(out)["solid_transport"]["0"]["relative_conductivity"]
    assert both == pytest.approx(2 * half, rel=2e-3)


def test_figures_are_written_and_named(capsys, image, tmp_path):
    status, out, _ = run(capsys, image, *NAMED, "--json", "--figures", str(tmp_path / "figures"))
    assert status == 0
    written = json.loads(out)["figures"]
    names = {path.rsplit("/", 1)[1] for path in written}
    assert names == {
        "slices.png",
        "sizes.png",
        "chords.png",
        "two_point.png",
        "flux.png",
        "view_3d.html",
    }
    for name in names - {"view_3d.html"}:
        content = (tmp_path / "figures" / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) > 5000
    page = (tmp_path / "figures" / "view_3d.html").read_text()
    assert "mesh3d" in page
    assert 'src="http' not in page


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nobody said which phase is which"),
        (["--labels", "pore=0,active=85,binder=170"], "--voxel-size-um"),
        (["--voxel-size-um", "0.4", "--labels", "pore=0,active=85"], "170"),
        (["--voxel-size-um", "0.4", "--labels", "pore=0,active=85,binder=9"], "binder=9"),
        (["--voxel-size-um", "0.4", "--labels", "pore=0,carbon=85"], "carbon"),
        (["--voxel-size-um", "0.4", "--labels", "pore=0.5"], "whole number"),
        (["--voxel-size-um", "0.4", "--labels", "pore"], "name=number"),
        (["--voxel-size-um", "0.4", "--labels", "pore=0,pore=85"], "twice"),
        (["--voxel-size-um", "big"], "no number"),
        (["--voxel-size-um", "398", *NAMED[2:]], "between"),
        ([*NAMED, "--solid-conductivity", "pore=1"], "not a solid"),
        ([*NAMED, "--solid-conductivity", "active=nan"], "name=number"),
        ([*NAMED, "--binder-ion-diffusivity", "1.2"], "between 0 and 1"),
        ([*NAMED, "--binder-ion-diffusivity", "nan"], "between 0 and 1"),
        ([*NAMED, "--tolerance", "0"], "--tolerance"),
        ([*NAMED, "--solid-conductivity", "second_active=1"], "holds pore, active, binder"),
        ([*NAMED, "--solid-conductivity", "active=1e-9,binder=1"], "times the smallest"),
        ([*NAMED, "--binder-ion-diffusivity", "1e-300"], "at least 1e-06"),
        ([*NAMED[2:], "--voxel-size-um", "10,0.1,0.1"], "100 times its shortest"),
        (["--voxel-size-um", "0.4", "--labels", "pore=1e300"], "whole number"),
        ([*NAMED, "--seed", "2"], "give a recipe"),
        ([*NAMED, "--figures", "/dev/null/figures"], "cannot be made"),
        ([*NAMED, "--volumes", "0.01"], "too small to be cut up"),
        ([*NAMED, "--volumes", "0.01", "--run"], "give a recipe"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(capsys, image, arguments, words):
    status, out, err = run(capsys, image, *arguments)
    said = [line for line in err.strip().splitlines() if not line.endswith("…")]
    assert status == 2
    assert out == ""
    assert len(said) == 1
    assert words in said[0]


def test_a_missing_file_is_one_line(capsys, tmp_path):
    status, _, err = run(capsys, str(tmp_path / "absent.tif"))
    assert status == 2
    assert "no such file" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([""], "an empty name"), (["image.tif", "--figures", ""], "found an empty one")],
)
def test_an_empty_name_is_not_the_current_folder(capsys, arguments, words):
    status, _, err = run(capsys, *arguments, "--voxel-size-um", "0.4")
    assert status == 2
    assert words in err


def test_the_smallest_images_are_measured_and_drawn(capsys, tmp_path):
    labels = np.array([[[0, 1], [0, 1]], [[0, 1], [0, 1]]], np.uint8)
    np.save(tmp_path / "tiny.npy", labels)
    options = ["--voxel-size-um", "0.4", "--json", "--figures", str(tmp_path / "figures")]
    status, out, _ = run(capsys, str(tmp_path / "tiny.npy"), *options)
    assert status == 0
    found = json.loads(out)
    assert found["pore_transport"]["0"]["relative_diffusivity"] == pytest.approx(0.5)
    assert found["pore_transport"]["2"]["tortuosity_factor"] is None


def test_face_counting_is_available_by_name(capsys, image):
    _, out, _ = run(capsys, image, *NAMED, "--json")
    smooth = json.loads(out)["interface_area_per_m"]["pore-active"]
    _, out, _ = run(capsys, image, *NAMED, "--json", "--areas", "face_count")
    counted = json.loads(out)
    assert counted["settings"]["area_estimator"] == "face_count"
    assert counted["interface_area_per_m"]["pore-active"] > 1.3 * smooth


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "coating.yaml"
    path.write_text("active_wt_pct: 95\nporosity: 0.45\nthickness_um: 75\nparticle_d50_um: 6\n")
    return str(path)


COARSE = ["--voxel-size-um", "0.8", "--volumes", "0.1"]


def test_a_recipe_says_what_a_target_takes_before_anything_is_run(capsys, recipe):
    status, out, err = run(capsys, recipe, *COARSE)
    assert status == 0
    assert "size bias" in out
    assert "nothing was run" in out
    assert "running" not in err


def test_a_recipe_is_run_until_its_values_are_known(capsys, recipe):
    status, out, err = run(capsys, recipe, *COARSE, "--run", "--json")
    assert status == 0
    found = json.loads(out)
    offer = found["offers"][0]
    assert f"running about {offer['n_volumes']} volumes of {offer['edge']}³" in err
    assert found["run"]["edge"] == offer["edge"]
    for known in found["run"]["means"].values():
        mean = known["over_volumes"]
        assert mean["is_reached"]
        assert mean["half_width_95"] <= 0.1 * mean["mean"]
        assert len(mean["samples"]) >= 4
    assert 1 < found["run"]["means"]["pore_tortuosity_factor"]["over_volumes"]["mean"] < 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--volumes 0.01"),
        (["--volumes", "0.1"], "give one size"),
        ([*COARSE, "--labels", "pore=0"], "is for images"),
        ([*COARSE, "--figures", "x"], "is for images"),
        ([*COARSE, "--sides", "periodic"], "is for images"),
        ([*COARSE, "--tolerance", "0.01"], "is for images"),
        ([*COARSE, "--areas", "face_count"], "is for images"),
        (["--volumes", "0.1", "--voxel-size-um", "0.05"], "choose another voxel size"),
    ],
)
def test_what_a_recipe_cannot_take_is_refused(capsys, recipe, arguments, words):
    status, out, err = run(capsys, recipe, *arguments)
    assert status == 2
    assert out == ""
    assert words in err
    assert len(err.strip().splitlines()) == 1


def test_long_work_is_announced_on_stderr(capsys, monkeypatch, image):
    monkeypatch.setattr("controller.announcement.QUIET_S", 0.0)
    _, _, err = run(capsys, image, *NAMED, "--json")
    assert "transport along axis 2 …" in err
