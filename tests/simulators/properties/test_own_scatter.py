import numpy as np

from simulators.microstructure.voxels import Voxels
from simulators.properties.own_scatter import scatter_by_parts
from simulators.properties.size_study import measure_part
from tests.simulators.properties.shapes import gaussian_field


def volume(edge, seed):
    labels = (gaussian_field((edge,) * 3, 2.0, seed) > 0.1).astype(np.uint8)
    return Voxels(labels, (1e-6,) * 3)


def test_one_volume_foretells_how_others_of_its_size_scatter():
    foretold = [scatter_by_parts(volume(48, seed), binder_ion_diffusivity=0.0) for seed in range(2)]
    others = [measure_part(volume(48, 10 + seed), 0.0, None) for seed in range(10)]

    for name in ("pore_relative_diffusivity", "pore_tortuosity_factor", "area pore-active"):
        values = np.array([one[name] for one in others])
        measured = values.std(ddof=1) / values.mean()
        mean = np.mean([one[name] for one in foretold])
        assert 0.4 * measured < mean < 4.0 * measured, name


def test_a_volume_too_small_to_be_cut_up_foretells_nothing():
    assert scatter_by_parts(volume(40, 0), binder_ion_diffusivity=0.0) == {}


def test_a_property_that_is_zero_in_a_part_is_left_out():
    labels = volume(48, 0).labels.copy()
    labels[:24, :24, :24] = 1
    found = scatter_by_parts(Voxels(labels, (1e-6,) * 3), binder_ion_diffusivity=0.0)

    assert "pore_relative_diffusivity" not in found
    assert "area active-binder" not in found
