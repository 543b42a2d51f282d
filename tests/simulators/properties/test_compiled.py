import importlib
import pkgutil

import numpy as np
import pytest

import simulators.properties
from simulators.properties.discretisation import discretisation_bias
from simulators.properties.transport import solve_conduction
from tests.simulators.properties.shapes import gaussian_field


def bits(found):
    """Return everything that was found, to the last bit."""
    numbers = [found.relative, found.lower, found.upper, found.tortuosity_factor]
    return np.array(numbers).tobytes() + found.profile.tobytes() + found.potential.tobytes()


def at_offset(array, offset):
    """Return the same array at an address that is ``offset`` bytes past a multiple of 64."""
    room = np.full(array.nbytes + 128, 0xA5, np.uint8)
    start = -room.ctypes.data % 64 + offset
    moved = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    moved[...] = array
    return moved


@pytest.mark.parametrize("conductivity", [{0: 1.0}, {0: 1.0, 1: 0.32}])
def test_the_same_voxels_give_the_same_bits_on_any_number_of_threads_and_at_any_address(
    conductivity,
):
    labels = np.digitize(gaussian_field((24, 25, 23), 1.5, 3), [0.1, 0.8]).astype(np.uint8)
    seen = {
        bits(
            solve_conduction(
                (at_offset(labels, offset), conductivity),
                tolerance=1e-4,
                n_threads=1 + offset % 4,
                return_field=True,
            )
        )
        for offset in (0, 1, 2, 3, 7, 16, 36, 60)
    }
    biases = {
        discretisation_bias(
            at_offset(labels, n), conductivity, 0.2, axis=0, voxel_size_m=(1.0,) * 3, n_threads=n
        )
        for n in (1, 2, 4)
    }

    assert len(seen) == 1
    assert len(biases) == 1


def test_no_kernel_lets_the_compiler_reorder_sums():
    """Otherwise its last bits depend on which other kernels were compiled before it."""
    kernels = {}
    for module in pkgutil.walk_packages(simulators.properties.__path__, "simulators.properties."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if hasattr(value, "targetoptions"):
                kernels[f"{module.name}.{name}"] = value.targetoptions

    assert "simulators.properties.conduction.one_conductor.smooth" in kernels
    assert not [name for name, options in kernels.items() if options.get("fastmath")]
