"""Circulation: what a flux carries stays, and what it costs falls to what the best flux costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.properties.conduction.face_flux import circulate, half_row, n_faces
from simulators.properties.transport import solve_conduction
from tests.simulators.properties.assembled import assembled_conductivity
from tests.simulators.properties.random_structures import FAMILIES, random_problem

WEIGHTS = np.array([1.0, 0.7, 2.0])


def open_faces(labels, rho):
    """Return which faces along z (with both ends), y and x carry anything, `3 x z+2 x y x x`."""
    nz, ny, nx = labels.shape
    conducts = np.ones((nz + 2, ny, nx), bool)
    conducts[1:-1] = np.isfinite(rho[labels])
    is_open = np.zeros((3, nz + 2, ny, nx), bool)
    is_open[0, :-1] = conducts[:-1] & conducts[1:]
    is_open[1, 1:-1, :-1] = (conducts[:, :-1] & conducts[:, 1:])[1:-1]
    is_open[2, 1:-1, :, :-1] = (conducts[:, :, :-1] & conducts[:, :, 1:])[1:-1]
    return is_open


def packed(dense):
    """Return a dense `3 x z+2 x y x x` flux as ``circulate`` keeps it."""
    nx = dense.shape[3]
    rows = np.zeros((*dense.shape[1:3], 3, 2, half_row(nx)), np.float32)
    for odd in range(2):
        columns = np.moveaxis(dense[..., odd::2], 0, 2)
        rows[..., odd, : columns.shape[-1]] = columns
    return rows.reshape(-1)


def unpacked(flux, shape):
    nz, ny, nx = shape
    rows = flux.reshape(nz + 2, ny, 3, 2, half_row(nx))
    dense = np.zeros((3, nz + 2, ny, nx))
    for odd in range(2):
        n = (nx + 1 - odd) // 2
        dense[..., odd::2] = np.moveaxis(rows[..., odd, :n], 2, 0)
    return dense


def balance(dense):
    """Return what flows out of every voxel, the planes before and behind left out."""
    out = dense.sum(0)
    out[1:] -= dense[0, :-1]
    out[:, 1:] -= dense[1, :, :-1]
    out[:, :, 1:] -= dense[2, :, :, :-1]
    return out[1:-1]


def random_flux(shape, seed):
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, shape, p=(0.2, 0.5, 0.3)).astype(np.uint8)
    rho = np.array([np.inf, 0.5, 0.5 * 10 ** rng.uniform(0, 3)])
    dense = rng.normal(size=(3, shape[0] + 2, *shape[1:])) * open_faces(labels, rho)
    return labels, rho, dense.astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(2, 20), st.integers(1, 7), st.integers(1, 8)),
    seed=st.integers(0, 2**31),
    n_sweeps=st.integers(1, 5),
)
def test_every_voxel_keeps_its_balance_and_the_flux_costs_no_more(shape, seed, n_sweeps):
    labels, rho, dense = random_flux(shape, seed)
    flux = packed(dense)
    before = circulate(flux, labels, rho, WEIGHTS, 0, 1)

    after = circulate(flux, labels, rho, WEIGHTS, n_sweeps, 1)

    assert after <= before * (1 + 1e-5)
    assert balance(unpacked(flux, shape)) == pytest.approx(balance(dense), abs=2e-5)


def test_the_energy_is_the_sum_over_all_faces():
    shape = (5, 4, 7)
    labels, rho, dense = random_flux(shape, 3)
    own = np.zeros((7, 4, 7))
    own[1:-1] = rho[labels]
    expected = 0.0
    for axis in range(3):
        ahead = np.roll(own, -1, axis)
        with np.errstate(invalid="ignore"):
            cost = dense[axis].astype(float) ** 2 * (own + ahead) / WEIGHTS[axis]
        expected += cost[dense[axis] != 0].sum()

    assert circulate(packed(dense), labels, rho, WEIGHTS, 0, 1) == pytest.approx(expected, rel=1e-5)


def test_many_sweeps_leave_the_least_energy_a_balanced_flux_can_have():
    labels = np.ones((12, 5, 6), np.uint8)
    rho = np.array([np.inf, 0.5])
    dense = np.zeros((3, 14, 5, 6), np.float32)
    dense[0, :13, 2, 3] = 1  # a unit current from end to end through one column

    flux = packed(dense)
    least = circulate(flux, labels, rho, np.ones(3), 2000, 1)

    assert least == pytest.approx(12 / 30, rel=1e-4)  # spread evenly over 30 columns of 12 voxels


def test_the_number_of_threads_changes_no_bit():
    labels, rho, dense = random_flux((40, 6, 9), 8)
    fluxes = [packed(dense) for _ in range(3)]
    energies = [
        circulate(flux, labels, rho, WEIGHTS, 3, n_threads)
        for flux, n_threads in zip(fluxes, (1, 2, 5), strict=True)
    ]

    assert energies[0] == energies[1] == energies[2]
    assert (fluxes[0] == fluxes[1]).all()
    assert (fluxes[0] == fluxes[2]).all()


def test_a_flux_takes_twelve_bytes_a_voxel():
    assert 4 * n_faces((256, 256, 256)) == pytest.approx(12 * 256**3, rel=0.02)


@pytest.mark.parametrize("family", FAMILIES[:2], ids=lambda family: family.__name__)
def test_a_volume_too_large_for_it_is_certified_along_the_tree_alone(family, monkeypatch):
    monkeypatch.setattr("simulators.properties.conduction.road.SPARING_ABOVE", 0)
    for seed in range(8):
        problem = random_problem(family, seed)
        if problem.labels.shape[problem.axis] < 2:
            continue
        truth = assembled_conductivity(
            problem.dense, problem.spacing_m, periodic=problem.sides == "periodic"
        )
        found = solve_conduction(
            (problem.labels, problem.conductivity),
            axis=problem.axis,
            voxel_size_m=problem.voxel_size_m,
            sides=problem.sides,
        )
        assert found.is_converged
        assert found.lower <= truth * (1 + 1e-9)
        assert truth <= found.upper * (1 + 1e-9)
