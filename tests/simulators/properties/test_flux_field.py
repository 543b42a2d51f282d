from __future__ import annotations

import numpy as np
import pytest

from simulators.properties.flux_field import flux_on_slice
from simulators.properties.transport import solve_conduction
from tests.simulators.properties.shapes import gaussian_field


def test_parallel_channels_carry_their_own_conductivity():
    labels = np.zeros((9, 7, 8), np.uint8)
    labels[:, :, 4:6] = 1
    labels[:, :, 6:] = 2
    flux = flux_on_slice(labels, {0: 1.0, 1: 0.25}, voxel_size_m=(1e-6,) * 3)
    assert flux[:, :4] == pytest.approx(1.0, abs=1e-4)
    assert flux[:, 4:6] == pytest.approx(0.25, abs=1e-4)
    assert np.all(flux[:, 6:] == 0)


def test_layers_carry_the_same_flux_and_it_is_the_effective_conductivity():
    labels = np.zeros((10, 5, 6), np.uint8)
    labels[4:] = 1
    size_m = (2e-6, 1e-6, 1e-6)
    flux = flux_on_slice(labels, {0: 1.0, 1: 0.1}, voxel_size_m=size_m)
    effective = solve_conduction((labels, {0: 1.0, 1: 0.1}), voxel_size_m=size_m).relative
    assert flux == pytest.approx(effective, rel=2e-3)


def test_nothing_flows_where_nothing_percolates_nor_in_dead_ends():
    labels = np.zeros((8, 5, 6), np.uint8)
    labels[4] = 1
    assert np.all(flux_on_slice(labels, {0: 1.0}, voxel_size_m=(1e-6,) * 3) == 0)
    field = (gaussian_field((24, 24, 24), 2, 0) > 0).astype(np.uint8)
    flux = flux_on_slice(field, {1: 1.0}, voxel_size_m=(1e-6,) * 3)
    assert np.all(flux[field[:, 12] == 0] == 0)
    assert np.isfinite(flux).all()
