"""Transport beside TauFactor 1.2.1 on crops of the shared images."""

import contextlib
import io
import warnings

import numpy as np
import pytest
import tifffile

from simulators.properties.transport import solve_conduction
from tests.conftest import absent

EDGE = 30
ORIGINS = ((0, 0, 0), (100, 60, 130))


@pytest.fixture(scope="module")
def taufactor():
    """Return TauFactor, or skip where the extra ``rivals`` is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import taufactor
        except ImportError:
            absent("TauFactor is not installed; it comes with the extra rivals")
    return taufactor


def solved(solver, conv_crit):
    with contextlib.redirect_stdout(io.StringIO()):
        solver.solve(verbose=False, conv_crit=conv_crit, iter_limit=20000)
    return solver


def crop(path, origin):
    image = tifffile.imread(path)
    part = image[tuple(slice(start, start + EDGE) for start in origin)]
    return np.ascontiguousarray(np.searchsorted(np.unique(image), part).astype(np.uint8))


@pytest.mark.parametrize("name", ["nmc_cathode_ct.tif", "nmc_cathode_generated.tif"])
@pytest.mark.parametrize("origin", ORIGINS)
def test_pores_of_real_crops_agree(shared_data, taufactor, name, origin):
    labels = crop(shared_data / name, origin)

    theirs = solved(taufactor.Solver((labels == 0).astype(np.uint8), device="cpu"), 1e-4)
    ours = solve_conduction((labels, {0: 1.0}), tolerance=1e-4)

    assert ours.tortuosity_factor == pytest.approx(float(theirs.tau[0]), rel=5e-4)


def test_periodic_sides_of_a_real_crop_agree(shared_data, taufactor):
    labels = crop(shared_data / "nmc_cathode_generated.tif", ORIGINS[0])

    theirs = solved(taufactor.PeriodicSolver((labels == 0).astype(np.uint8), device="cpu"), 1e-4)
    ours = solve_conduction((labels, {0: 1.0}), sides="periodic", tolerance=1e-4)

    assert ours.tortuosity_factor == pytest.approx(float(theirs.tau[0]), rel=5e-4)


def test_two_conductors_of_a_real_crop_agree_once_the_ends_are_alike(shared_data, taufactor):
    """Its end faces are one voxel from the end centres, ours half a voxel.

    Behind layers of conductivity 1 the difference is half a voxel of resistance at either end.
    """
    labels = crop(shared_data / "nmc_cathode_generated.tif", ORIGINS[0])[:20, :20, :20]
    padded = np.pad(labels, ((4, 4), (0, 0), (0, 0)), constant_values=2)
    length = padded.shape[0]

    values = {1: 0.05, 2: 1.0}
    theirs = solved(taufactor.MultiPhaseSolver(padded, values, device="cpu"), 1e-3)
    ours = solve_conduction((padded, values), tolerance=1e-4)

    resistance = (length + 1) / float(theirs.D_eff[0])
    assert length / ours.relative + 1 == pytest.approx(resistance, rel=1e-3)
