from __future__ import annotations

import numpy as np
import pytest

from experiments.errors import DesignFailed, Invalid
from experiments.observation import FailureKind
from simulators.microstructure.image_file import read_labels
from simulators.microstructure.voxels import Voxels
from simulators.properties import (
    characterize,
    characterize_fully,
    combine,
    require_percolation,
)
from tests.simulators.properties.shapes import ball, gaussian_field

UM = 1e-6
SOLIDS = {"active": 0.3, "binder": 3.0}


def three_phases(seed, n=40, scale=2.5):
    field = gaussian_field((n,) * 3, scale, seed)
    return Voxels(np.digitize(field, [0.0, 0.9]).astype(np.uint8), (0.4 * UM,) * 3)


def measured(voxels, **options):
    return characterize(
        voxels, **{"binder_ion_diffusivity": 0.3, "solid_conductivity": SOLIDS, **options}
    )


def test_all_axes_phases_and_pairs_are_there():
    found = measured(three_phases(0))
    assert set(found.pore_transport) == set(found.solid_transport) == {"0", "1", "2"}
    assert set(found.percolating_fraction) == {"pore", "active", "binder"}
    assert set(found.interface_area_per_m) == {"pore-active", "pore-binder", "active-binder"}
    assert sum(found.volume_fraction.values()) == pytest.approx(1)
    for transport in (*found.pore_transport.values(), *found.solid_transport.values()):
        assert transport.lower <= transport.relative <= transport.upper
        assert transport.upper - transport.lower <= 1.001e-3 * transport.upper
        assert transport.tortuosity_factor >= 1
    assert found.settings["solid_conductivity.binder"] == 3.0
    assert found.settings["sides"] == "no_flux"


def test_straight_channels_have_exact_values():
    labels = np.zeros((24, 24, 24), np.uint8)
    labels[:, :, 12:18] = 1
    labels[:, :, 18:] = 2
    found = measured(Voxels(labels, (UM,) * 3))
    along = found.pore_transport["0"]
    assert along.relative == pytest.approx(0.5 + 0.25 * 0.3, rel=1e-3)
    assert along.tortuosity_factor == pytest.approx(1, abs=1e-3)
    assert found.solid_transport["1"].relative == pytest.approx(0.25 * 0.3 + 0.25 * 3.0, rel=1e-3)
    assert found.solid_transport["2"].relative == 0
    assert found.solid_transport["2"].tortuosity_factor is None
    assert found.percolating_fraction["active"] == {"0": 1.0, "1": 1.0, "2": 0.0}
    assert found.interface_area_per_m["pore-active"] == pytest.approx(1 / (24 * UM), rel=1e-3)
    assert found.interface_area_per_m["pore-binder"] == 0
    assert found.mean_pore_radius_m is not None


def test_a_blocked_volume_is_measured_and_only_refused_when_asked():
    labels = np.zeros((12, 12, 12), np.uint8)
    labels[6] = 1
    found = measured(Voxels(labels, (UM,) * 3), axes=(0,))
    assert found.pore_transport["0"].relative == 0
    assert found.pore_transport["0"].tortuosity_factor is None
    with pytest.raises(DesignFailed, match="92% porosity") as caught:
        require_percolation(found)
    assert caught.value.failure_kind is FailureKind.not_percolating


def test_no_ions_pass_a_binder_that_blocks_and_no_electrons_where_no_solid_conducts():
    labels = np.full((10, 10, 10), 2, np.uint8)
    labels[:5] = 0
    labels[:, :, 8:] = 1
    voxels = Voxels(labels, (UM,) * 3)
    assert measured(voxels, binder_ion_diffusivity=0.0).pore_transport["0"].relative == 0
    assert measured(voxels).pore_transport["0"].relative > 0
    with pytest.raises(DesignFailed, match="Solid network"):
        require_percolation(measured(voxels, solid_conductivity={"active": 0.0}))


def test_the_loop_takes_the_generators_radius_and_skips_the_shapes():
    voxels = three_phases(1)
    known = Voxels(voxels.labels, voxels.voxel_size_m, {"equivalent_radius_m": 3 * UM})
    options = {"binder_ion_diffusivity": 0.3, "solid_conductivity": SOLIDS}
    loop = characterize_fully(known, axes=(0,), detail="loop", **options)
    assert loop.morphology is None
    assert loop.properties.particle_radius_m == 3 * UM
    assert set(loop.properties.pore_transport) == {"0"}
    assert measured(voxels, axes=(0,), detail="loop").particle_radius_m > 0


def test_full_detail_describes_every_phase():
    shapes = characterize_fully(
        three_phases(2), binder_ion_diffusivity=0.0, solid_conductivity=SOLIDS
    ).morphology
    assert set(shapes.phases) == {"pore", "active", "binder"}
    assert shapes.triple_line_per_m2 >= 0
    assert sum(shapes.pore_radius.share) == pytest.approx(1)
    assert sum(shapes.particle_radius.share) == pytest.approx(1)
    pore = shapes.phases["pore"]
    assert sum(pore.chord["1"].share) == pytest.approx(1)
    assert pore.two_point_probability["2"][0] == pytest.approx(pore.volume_fraction)
    assert pore.volume_fraction_sd > 0


def test_the_measured_particle_radius_is_that_of_the_balls():
    labels = np.zeros((64, 64, 64), np.uint8)
    for centre in ((14, 14, 14), (14, 45, 40), (45, 16, 45), (44, 45, 15), (36, 30, 31)):
        labels[ball(64, centre, 9)] = 1
    found = measured(Voxels(labels, (UM,) * 3), axes=(0,))
    assert found.particle_radius_m == pytest.approx(9 * UM, rel=0.03)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"solid_conductivity": {"silicon": 1.0}}, "silicon"),
        ({"solid_conductivity": {"active": float("nan")}}, "finite"),
        ({"solid_conductivity": {"active": -1.0}}, "0 or more"),
        ({"solid_conductivity": {"active": 1e300}}, "between 1e-20 and 1e.08"),
        ({"solid_conductivity": {"active": 5e-324}}, "between 1e-20 and 1e.08"),
        ({"solid_conductivity": {"active": 1e-7, "binder": 1.0}}, "1e.06 times the smallest"),
        ({"binder_ion_diffusivity": 1e-300}, "at least 1e-06"),
        ({"binder_ion_diffusivity": 1.5}, "within 0 and 1"),
        ({"binder_ion_diffusivity": float("nan")}, "within 0 and 1"),
    ],
)
def test_impossible_materials_are_refused(options, words):
    with pytest.raises(Invalid, match=words):
        measured(three_phases(0, n=12), **options)


def test_a_volume_of_one_phase_is_refused():
    with pytest.raises(Invalid, match="all pore"):
        measured(Voxels(np.zeros((8, 8, 8), np.uint8), (UM,) * 3))


def test_averages_keep_their_samples_and_the_tortuosity_of_the_mean():
    volumes = [measured(three_phases(seed), axes=(0,)) for seed in range(3)]
    mean = combine(volumes)
    each = [volume.pore_transport["0"].relative for volume in volumes]
    assert mean.n_volumes == 3
    assert mean.pore_transport["0"].samples == tuple(each)
    assert mean.pore_transport["0"].relative == pytest.approx(np.mean(each))
    fraction = mean.volume_fraction
    wiener = fraction["pore"] + 0.3 * fraction["binder"]
    assert mean.pore_transport["0"].tortuosity_factor == pytest.approx(wiener / np.mean(each))
    assert len(mean.interface_area_samples["pore-active"]) == 3
    assert combine(volumes[:1]).pore_transport["0"].relative == each[0]


def test_one_blocked_volume_of_several_blocks_the_design():
    labels = np.zeros((16, 16, 16), np.uint8)
    labels[8] = 1
    labels[:, :, 8:] = 2
    open_ = np.zeros((16, 16, 16), np.uint8)
    open_[:, :, 8:] = 2
    open_[:, 8] = 1
    options = {"axes": (0,), "binder_ion_diffusivity": 0.0}
    volumes = [measured(Voxels(part, (UM,) * 3), **options) for part in (open_, labels)]
    require_percolation(volumes[0])
    with pytest.raises(DesignFailed, match="Pore network"):
        require_percolation(combine(volumes))


def test_volumes_of_different_kinds_are_not_averaged():
    voxels = three_phases(0, n=16)
    other = measured(voxels, axes=(0,), binder_ion_diffusivity=0.1)
    with pytest.raises(Invalid, match="different settings"):
        combine([measured(voxels, axes=(0,)), other])
    with pytest.raises(Invalid, match="no volume"):
        combine([])


def test_the_real_image_has_the_published_tortuosity(shared_data):
    names = {"pore": 0, "active": 85, "binder": 170}
    voxels = read_labels(shared_data / "nmc_cathode_generated.tif", names, 0.1 * UM)
    found = measured(voxels, axes=(0,), binder_ion_diffusivity=0.0, detail="loop")
    assert found.pore_transport["0"].tortuosity_factor == pytest.approx(2.0772, rel=1e-3)
