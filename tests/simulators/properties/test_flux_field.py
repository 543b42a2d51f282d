from __future__ import annotations

import numpy as np
import pytest

from simulators.properties.flux_field import flux_on_slice, flux_vectors
from simulators.properties.transport import solve_conduction
from tests.simulators.properties.shapes import gaussian_field


def test_parallel_channels_carry_their_own_conductivity():
    labels = np.zeros((9, 7, 8), np.uint8)
    labels[:, :, 4:6] = 1
    labels[:, :, 6:] = 2
    flux = flux_on_slice(labels, {0: 1.0, 1: 0.25}, voxel_size_m=(1e-6,) * 3)
    assert flux[:, :4] == pytest.approx(1.0, abs=1e-5)
    assert flux[:, 4:6] == pytest.approx(0.25, abs=1e-5)
    assert np.all(flux[:, 6:] == 0)


def test_layers_carry_the_same_flux_and_it_is_the_effective_conductivity():
    labels = np.zeros((10, 5, 6), np.uint8)
    labels[4:] = 1
    size_m = (2e-6, 1e-6, 1e-6)
    flux = flux_on_slice(labels, {0: 1.0, 1: 0.1}, voxel_size_m=size_m)
    effective = solve_conduction((labels, {0: 1.0, 1: 0.1}), voxel_size_m=size_m).relative
    assert flux == pytest.approx(effective, rel=1e-4)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sides", ["no_flux", "periodic"])
def test_the_whole_flux_averages_to_the_effective_conductivity(axis, sides):
    rng = np.random.default_rng(5)
    labels = rng.choice(3, (11, 14, 9), p=(0.2, 0.5, 0.3)).astype(np.uint8)
    conducting, options = {1: 1.0, 2: 0.05}, {"axis": axis, "sides": sides}
    size_m = (3e-7, 1e-7, 2e-7)
    solved = solve_conduction(
        (labels, conducting), voxel_size_m=size_m, tolerance=1e-5, return_field=True, **options
    )
    flux = flux_vectors(labels, conducting, solved.potential, voxel_size_m=size_m, **options)
    assert flux.shape == (3, *labels.shape)
    assert flux[axis].mean() == pytest.approx(solved.relative, rel=1e-5)
    layers = flux[axis].mean(axis=tuple(a for a in range(3) if a != axis))
    assert layers == pytest.approx(solved.relative, rel=1e-3)
    assert 1 / np.mean(1 / solved.profile) == pytest.approx(solved.relative, rel=1e-9)


def test_nothing_flows_where_nothing_percolates_nor_in_dead_ends():
    labels = np.zeros((8, 5, 6), np.uint8)
    labels[4] = 1
    assert np.all(flux_on_slice(labels, {0: 1.0}, voxel_size_m=(1e-6,) * 3) == 0)
    field = (gaussian_field((24, 24, 24), 2, 0) > 0).astype(np.uint8)
    flux = flux_on_slice(field, {1: 1.0}, voxel_size_m=(1e-6,) * 3)
    assert np.all(flux[field[:, 12] == 0] == 0)
    assert np.isfinite(flux).all()
