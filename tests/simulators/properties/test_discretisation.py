import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from simulators.properties.discretisation import discretisation_bias
from simulators.properties.transport import estimate_conductivity, solve_conduction

BOX = 6.0
"""Edge of the box in sphere radii."""


def overlapping_spheres(voxels_a_radius, porosity, seed):
    """Return the same insulating spheres (1) at any voxel size."""
    rng = np.random.default_rng(seed)
    number = int(-np.log(porosity) * (BOX + 2) ** 3 / (4 / 3 * np.pi))
    n = round(BOX * voxels_a_radius)
    x = (np.arange(n) + 0.5) / voxels_a_radius
    labels = np.zeros((n, n, n), np.uint8)
    for centre in rng.uniform(-1, BOX + 1, (number, 3)):
        near = [np.flatnonzero(np.abs(x - c) < 1) for c in centre]
        if all(len(index) for index in near):
            square = sum(
                (x[index] - c) ** 2 for index, c in zip(np.ix_(*near), centre, strict=True)
            )
            labels[np.ix_(*near)] |= square < 1
    return labels


def conductivity(labels):
    return solve_conduction((labels, {0: 1.0}), tolerance=1e-3).relative


@pytest.mark.parametrize(("porosity", "seed"), [(0.4, 0), (0.4, 1), (0.3, 2)])
def test_the_estimate_has_the_size_of_the_error_on_overlapping_spheres(porosity, seed):
    coarse, fine = (conductivity(overlapping_spheres(r, porosity, seed)) for r in (8, 16))
    truth = 2 * fine - coarse

    labels = overlapping_spheres(8, porosity, seed)
    found = discretisation_bias(labels, {0: 1.0}, coarse, axis=0, voxel_size_m=(1.0,) * 3)

    assert coarse < fine < truth
    assert 0.6 < found / (coarse - truth) < 1.5


def test_flat_layers_have_none():
    labels = np.zeros((16, 16, 16), np.uint8)
    labels[:, 8:] = 1

    found = discretisation_bias(
        labels, {0: 1.0, 1: 0.1}, 0.55, axis=0, voxel_size_m=(1e-6, 2e-6, 1e-6)
    )

    assert found == pytest.approx(0.0, abs=1e-3)


def test_what_does_not_percolate_or_is_small_has_no_estimate():
    labels = np.zeros((16, 16, 16), np.uint8)
    options = {"axis": 0, "voxel_size_m": (1.0,) * 3}

    assert discretisation_bias(labels, {0: 1.0}, 0.0, **options) is None
    assert discretisation_bias(labels[:, :, :12], {0: 1.0}, 1.0, **options) is None


def test_a_phase_that_every_other_voxel_misses_counts_as_absent():
    labels = np.zeros((16, 16, 16), np.uint8)
    labels[0, 1, 0] = 2
    options = {"axis": 0, "voxel_size_m": (1.0,) * 3}

    assert discretisation_bias(labels, {0: 1.0, 2: 5.0}, 1.0, **options) == pytest.approx(
        0.0, abs=1e-3
    )
    assert discretisation_bias(labels, {2: 5.0}, 0.1, **options) == pytest.approx(-0.1)


@pytest.mark.parametrize("values", [{0: 1.0}, {0: 1.0, 1: 1e-3}])
@pytest.mark.parametrize("sides", ["no_flux", "periodic"])
def test_an_estimate_lies_near_the_certified_value(values, sides):
    labels = overlapping_spheres(8, 0.4, 0)

    exact = solve_conduction((labels, values), sides=sides, tolerance=1e-4).relative
    found = estimate_conductivity((labels, values), sides=sides, tolerance=1e-3)

    assert found == pytest.approx(exact, rel=1e-3)
    assert found >= exact * (1 - 1e-4)  # an energy is never too low


def test_an_estimate_of_thin_films_between_poor_conductors_is_near_enough():
    balls = overlapping_spheres(8, 0.5, 1)
    labels = balls + 2 * (binary_dilation(balls) & (balls == 0)).astype(np.uint8)
    values = {1: 0.3 / 375, 2: 1.0}

    exact = solve_conduction((labels, values), tolerance=1e-3).relative
    found = estimate_conductivity((labels, values), tolerance=1e-3)

    assert found == pytest.approx(exact, rel=5e-3)


def test_an_estimate_of_what_does_not_percolate_is_zero():
    labels = np.zeros((16, 16, 16), np.uint8)
    labels[8] = 1

    assert estimate_conductivity((labels, {0: 1.0})) == 0.0
