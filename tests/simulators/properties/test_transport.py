"""Transport: exact answers, effective-medium limits, real images, wrong input."""

import numpy as np
import pytest
import tifffile

from experiments.errors import InternalError, Invalid
from simulators.properties import transport
from simulators.properties.transport import solve_conduction
from tests.simulators.properties.assembled import assembled_conductivity
from tests.simulators.properties.shapes import ball


def certified(result, exact, rel=1e-6):
    """Say whether the interval and the value are those of an exact answer."""
    return result.lower <= exact * (1 + rel) and exact * (1 - rel) <= result.upper


def test_a_uniform_conductor_has_its_own_conductivity():
    labels = np.ones((6, 5, 7), np.uint8)

    result = solve_conduction((labels, {1: 3.5}))

    assert result.relative == pytest.approx(3.5, rel=1e-6)
    assert result.tortuosity_factor == pytest.approx(1.0)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_layers_in_series_give_the_harmonic_mean(axis):
    thickness = (1, 4, 2, 3)
    values = {0: 1.0, 1: 1e-4, 2: 0.3, 3: 7.0}
    column = np.repeat(np.arange(4, dtype=np.uint8), thickness)
    labels = np.moveaxis(np.broadcast_to(column[:, None, None], (10, 4, 5)), 0, axis).copy()

    result = solve_conduction(
        (labels, values), axis=axis, voxel_size_m=(2e-6, 1e-6, 3e-6), tolerance=1e-4
    )

    exact = 10 / sum(n / values[i] for i, n in enumerate(thickness))
    assert certified(result, exact)
    layers = np.array([values[i] for i in column])
    assert 1 / result.profile == pytest.approx(1 / layers, abs=1e-3 * 10 / exact)
    assert result.tortuosity_profile == pytest.approx(layers / result.profile)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_layers_in_parallel_give_the_arithmetic_mean(axis):
    across = (axis + 1) % 3
    values = {0: 1.0, 1: 1e-3, 2: 0.3}
    row = np.repeat(np.arange(3, dtype=np.uint8), (2, 5, 2))
    labels = np.moveaxis(np.broadcast_to(row[:, None, None], (9, 6, 7)), 0, across).copy()

    result = solve_conduction((labels, values), axis=axis, voxel_size_m=(1e-6, 2e-6, 4e-6))

    assert certified(result, (2 * 1.0 + 5 * 1e-3 + 2 * 0.3) / 9)
    assert result.tortuosity_factor == pytest.approx(1.0, rel=1e-3)


def test_the_slanted_staircase_of_taufactor_has_its_tortuosity():
    labels = np.zeros((20, 21, 21), np.uint8)
    for i in range(20):
        labels[i, i : i + 2, i : i + 2] = 1

    result = solve_conduction((labels, {1: 1.0}), tolerance=1e-5)

    assert result.tortuosity_factor == pytest.approx(7.51667, rel=1e-5)
    assert result.percolating_fraction == 1


def beside_maxwell(n, radius, inside):
    """Return what an array of spheres changes, over what Maxwell 1873 (article 314) says.

    One sphere between its cell's end faces is the whole array, by symmetry.
    """
    labels = ball(n, ((n - 1) / 2,) * 3, radius).astype(np.uint8)
    values = {0: 1.0, 1: inside} if inside else {0: 1.0}
    ratio = (inside - 1) / (inside + 2)
    share = labels.mean()
    maxwell = (1 + 2 * share * ratio) / (1 - share * ratio)
    return (solve_conduction((labels, values), tolerance=1e-4).relative - 1) / (maxwell - 1)


def test_dilute_conducting_spheres_follow_maxwell():
    assert beside_maxwell(48, 10, 10.0) == pytest.approx(1.0, abs=0.01)


def test_dilute_insulating_spheres_follow_maxwell_as_voxels_shrink():
    coarse, fine = beside_maxwell(40, 25 / 3, 0.0), beside_maxwell(80, 50 / 3, 0.0)

    assert fine == pytest.approx(1.0, abs=0.05)
    assert 2 * fine - coarse == pytest.approx(1.0, abs=0.01)


def test_periodic_sides_of_odd_length_agree_with_an_assembled_system():
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, (8, 7, 5)).astype(np.uint8)
    values = {0: 1.0, 1: 0.02}

    result = solve_conduction((labels, values), sides="periodic", tolerance=1e-5)

    truth = assembled_conductivity(np.array([1.0, 0.02, 0.0])[labels], periodic=True)
    assert certified(result, truth)
    assert result.relative == pytest.approx(truth, rel=1e-5)


def test_an_array_of_conductivities_is_the_same_as_labels():
    rng = np.random.default_rng(6)
    sigma = rng.uniform(0.1, 1.0, (9, 8, 7))

    result = solve_conduction(sigma, tolerance=1e-3)

    assert certified(result, assembled_conductivity(sigma))


def test_a_graded_structure_shows_it_in_its_profile():
    labels = np.zeros((24, 16, 16), np.uint8)
    for i in range(24):
        labels[i, :, : 4 + i // 3] = 1

    result = solve_conduction((labels, {1: 1.0}), tolerance=1e-4)

    assert 1 / np.mean(1 / result.profile) == pytest.approx(result.relative, rel=1e-6)
    assert np.corrcoef(result.profile, np.arange(24))[0, 1] > 0.9
    assert result.tortuosity_profile.min() > 1 - 1e-6


def test_the_potential_falls_from_end_to_end_and_is_unknown_where_nothing_flows():
    labels = np.ones((10, 6, 6), np.uint8)
    labels[:, 3] = 0
    labels[4, 4:] = 0

    result = solve_conduction((labels, {1: 2.0}), return_field=True)

    expected = (1 - (np.arange(10) + 0.5) / 10)[:, None, None] * np.ones((1, 3, 6))
    assert result.potential[:, :3] == pytest.approx(expected, abs=1e-4)
    assert np.isnan(result.potential[:, 3:]).all()
    assert result.percolating_fraction == pytest.approx(180 / (180 + 9 * 2 * 6))
    assert "array" not in repr(result)


def test_a_blocked_structure_says_why():
    labels = np.ones((6, 5, 7), np.uint8)
    labels[3] = 0

    result = solve_conduction((labels, {1: 1.0}))

    assert result.relative == result.upper == 0
    assert result.tortuosity_factor is None
    assert result.percolating_fraction == 0
    assert result.bound_method == "no path joins the ends"


def ones():
    return np.ones((3, 3, 3), np.uint8)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((ones(), {1: 1.0, 4: 1.0}), {}, "label 4 has a conductivity but no voxel"),
        ((ones(), {300: 1.0}), {}, "label 300 is outside 0 to 255"),
        ((ones(), {1: float("nan")}), {}, "NaN or infinite"),
        ((ones(), {1: -2.0}), {}, "a conductivity is -2; every one must be 0 or above"),
        ((ones(), {1: 0.0}), {}, "nothing conducts"),
        ((ones().astype(float), {1: 1.0}), {}, "labels must be uint8"),
        ((ones()[0], {1: 1.0}), {}, "three axes"),
        ((ones()[:0], {1: 1.0}), {}, "three axes"),
        ((ones()[:1], {1: 1.0}), {}, "axis 0 of the shape .1, 3, 3. has one voxel"),
        ((ones(), {1: 1.0}), {"axis": 3}, "axis must be 0, 1 or 2, not 3"),
        ((ones(), {1: 1.0}), {"sides": "open"}, "sides must be no_flux or periodic"),
        ((ones(), {1: 1.0}), {"tolerance": 0.0}, "tolerance must be from 1e-05"),
        ((ones(), {1: 1.0}), {"voxel_size_m": 0.0}, "voxel sizes must be finite and above 0"),
        ((ones(), {1: 1.0}), {"voxel_size_m": (1.0, 2.0)}, "one voxel size or three"),
        (np.full((3, 3, 3), np.nan), {}, "NaN or infinite"),
        (np.geomspace(1e-9, 1, 27).reshape(3, 3, 3), {}, "1e.06 times the smallest"),
        ((ones(), {1: 1.0}), {"voxel_size_m": (30.0, 1.0, 1.0)}, "30 times its shortest"),
    ],
)
def test_wrong_input_is_refused_in_one_line(arguments, options, words):
    with pytest.raises(Invalid, match=words) as refused:
        solve_conduction(arguments, **options)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("impossible", [-0.1, 0.51])
def test_a_value_that_cannot_be_is_an_internal_error_that_names_itself(impossible):
    with pytest.raises(InternalError, match=r"Wiener mean 0.5: a defect of simulators"):
        transport._checked(impossible, wiener=0.5)


def test_the_generated_cathode_has_its_published_tortuosity(shared_data):
    labels = tifffile.imread(shared_data / "nmc_cathode_generated.tif")

    result = solve_conduction((labels, {0: 1.0}))

    assert result.tortuosity_factor == pytest.approx(2.0772, rel=5e-4)


@pytest.mark.parametrize(("axis", "published"), [(0, 2.95), (1, 2.60), (2, 2.53)])
def test_the_whole_tomogram_has_its_published_tortuosity(shared_data, axis, published):
    """The published figures are those of all 251 x 301 x 301 voxels: see docs/benchmarks.md."""
    labels = tifffile.imread(shared_data / "nmc_cathode_ct.tif").astype(np.uint8)

    result = solve_conduction((labels, {0: 1.0}), axis=axis, tolerance=2e-3)

    assert result.tortuosity_factor == pytest.approx(published, abs=0.005 + 2e-3 * published)
