"""The torch path, on the CPU: the same results, the same certified interval, clear fall-backs."""

import numpy as np
import pytest
import torch

from experiments.errors import Invalid
from simulators.properties.conduction import tensor_grid
from simulators.properties.transport import solve_conduction
from tests.simulators.properties.assembled import assembled_conductivity
from tests.simulators.properties.random_structures import FAMILIES, random_problem
from tests.simulators.properties.shapes import gaussian_field


def structure():
    return np.digitize(gaussian_field((24, 21, 22), 2, 0), [-0.5, 0.6]).astype(np.uint8)


@pytest.mark.parametrize("values", [{1: 1.0}, {0: 1.0, 1: 0.01, 2: 1e-3}])
@pytest.mark.parametrize("sides", ["no_flux", "periodic"])
@pytest.mark.parametrize("voxel_size_m", [1e-6, (1e-6, 2e-6, 0.5e-6)])
def test_torch_and_compiled_kernels_agree(values, sides, voxel_size_m):
    options = {"axis": 1, "sides": sides, "voxel_size_m": voxel_size_m, "tolerance": 1e-5}

    compiled = solve_conduction((structure(), values), return_field=True, **options)
    tensors = solve_conduction((structure(), values), return_field=True, device="torch", **options)

    assert tensors.relative == pytest.approx(compiled.relative, rel=1e-5)
    assert tensors.is_converged
    assert tensors.device == "torch"
    assert tensors.remark == ""
    assert 1 / tensors.profile == pytest.approx(1 / compiled.profile, rel=5e-3)
    assert np.nanmax(np.abs(tensors.potential - compiled.potential)) < 1e-2
    assert np.array_equal(np.isnan(tensors.potential), np.isnan(compiled.potential))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_its_interval_contains_the_truth(family):
    for seed in range(200, 206):
        problem = random_problem(family, seed)
        if problem.labels.shape[problem.axis] < 2:
            continue
        found = solve_conduction(
            (problem.labels, problem.conductivity),
            axis=problem.axis,
            voxel_size_m=problem.voxel_size_m,
            sides=problem.sides,
            device="torch",
        )
        truth = assembled_conductivity(
            problem.dense, problem.spacing_m, periodic=problem.sides == "periodic"
        )
        assert found.lower <= truth * (1 + 1e-9)
        assert truth <= found.upper * (1 + 1e-9)
        assert found.is_converged


def test_without_cuda_the_cpu_solves_and_says_so_once_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    asked = solve_conduction((structure(), {1: 1.0}), device="cuda")
    left_open = solve_conduction((structure(), {1: 1.0}), device="auto")

    assert asked.device == left_open.device == "cpu"
    assert asked.remark == "no CUDA device was found, so the CPU solved it"
    assert left_open.remark == ""
    assert asked.relative == solve_conduction((structure(), {1: 1.0})).relative


def test_a_device_without_memory_leaves_it_to_the_cpu_and_says_so(monkeypatch):
    def too_large(*_):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(tensor_grid, "lay_out_tensors", too_large)

    found = solve_conduction((structure(), {1: 1.0}), device="torch")

    assert found.device == "cpu"
    assert found.remark == "the CUDA device ran out of memory, so the CPU solved it"
    assert found.relative > 0


def test_an_unknown_device_is_refused():
    with pytest.raises(Invalid, match="device must be one of cpu, auto, cuda, torch, not 'tpu'"):
        solve_conduction((structure(), {1: 1.0}), device="tpu")


def held_together_by_poor_conductors():
    """Return two good conductors with a few poor voxels between them, most of the rest empty."""
    labels = np.zeros((20, 8, 8), np.uint8)
    labels[:10, 2:6, 2:6] = labels[10:, 3:7, 3:7] = 2
    labels[9:11, 4, 4] = 1
    labels[10:12, 3:7, 3:7][labels[10:12, 3:7, 3:7] == 2] = 0
    labels[10:12, 4, 4] = 1
    return labels


@pytest.mark.parametrize("contrast", [1e4, 1e6])
def test_good_conductors_held_together_by_poor_ones_are_certified(contrast):
    labels = held_together_by_poor_conductors()
    truth = assembled_conductivity(np.array([0, 1 / contrast, 1.0])[labels])

    found = solve_conduction((labels, {1: 1 / contrast, 2: 1.0}))

    assert truth < 1 / contrast
    assert found.is_converged
    assert found.lower <= truth * (1 + 1e-9)
    assert truth <= found.upper * (1 + 1e-9)


def test_a_second_solution_in_double_says_so_and_large_volumes_do_without(monkeypatch):
    rng = np.random.default_rng([7, 36])
    field = rng.random((24, 24, 24)) + 1e-6 * rng.random((24, 24, 24))
    rank = field.argsort(axis=None).argsort().reshape(field.shape) / field.size
    good, poor = sorted(rng.uniform(0.1, 0.9, 2))
    labels = np.select([rank < good, rank < poor], [2, 1], 0).astype(np.uint8)
    values = {1: 1e-4, 2: 1.0}
    truth = assembled_conductivity(np.array([0, 1e-4, 1.0])[labels])

    again = solve_conduction((labels, values))
    monkeypatch.setattr("simulators.properties.conduction.devices.MOST_IN_DOUBLE", 0)
    once = solve_conduction((labels, values))

    assert not once.is_converged
    assert once.remark == ""
    assert again.is_converged
    assert "double precision" in again.remark
    for found in (once, again):
        assert found.lower <= truth * (1 + 1e-9)
        assert truth <= found.upper * (1 + 1e-9)
