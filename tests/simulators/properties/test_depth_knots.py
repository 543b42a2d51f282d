"""Profiles through a graded volume follow what it was made of, and keep the volume's means."""

import numpy as np
import pytest

from experiments.microstructure import PHASE_LABEL
from simulators.microstructure.voxels import Voxels
from simulators.properties.averaging import combine
from simulators.properties.characterize import characterize
from simulators.properties.depth_knots import mean_depth_knots, measure_depth_knots, series_mean

PHYSICS = {
    "binder_ion_diffusivity": 0.3,
    "solid_conductivity": {"active": 0.3, "binder": 300.0},
    "tolerance": 1e-3,
}


def columns(height: int = 40, width: int = 30) -> Voxels:
    """Return straight pores, wide at the separator and narrow at the collector, beside solids."""
    labels = np.full((height, width, width), PHASE_LABEL["active"], np.uint8)
    labels[:, :, -3:] = PHASE_LABEL["binder"]
    for z in range(height):
        labels[z, :, : round(18 - 12 * (z + 0.5) / height)] = PHASE_LABEL["pore"]
    return Voxels(labels=labels, voxel_size_m=(4e-7, 4e-7, 4e-7))


def test_profiles_follow_the_structure_and_keep_its_means() -> None:
    voxels = columns()
    knots = measure_depth_knots(voxels, **PHYSICS)  # type: ignore[arg-type]
    measured = characterize(voxels, axes=(0,), detail="loop", **PHYSICS)  # type: ignore[arg-type]
    assert knots is not None
    pore = knots.volume_fraction["pore"]
    assert pore == pytest.approx(np.linspace(0.6, 0.2, 5), abs=0.02)
    assert np.trapezoid(pore) / 4 == pytest.approx(voxels.volume_fraction["pore"], rel=1e-9)
    assert list(knots.pore_transport) == sorted(knots.pore_transport, reverse=True)
    assert series_mean(np.array(knots.pore_transport)) == pytest.approx(
        measured.pore_transport["0"].relative, rel=2e-3
    )
    assert series_mean(np.array(knots.solid_transport)) == pytest.approx(
        measured.solid_transport["0"].relative, rel=2e-3
    )
    area = knots.interface_area_per_m["pore-active"]
    assert np.mean(area) == pytest.approx(measured.interface_area_per_m["pore-active"], rel=0.15)


def test_layers_in_series_conduct_as_their_resistances_add_up() -> None:
    depth = np.linspace(0.0, 1.0, 20_001)
    values = np.array([0.4, 0.4, 0.1, 0.3])
    fine = np.interp(depth, np.linspace(0.0, 1.0, 4), values)
    assert series_mean(values) == pytest.approx(1.0 / np.mean(1.0 / fine), rel=1e-4)


def test_a_volume_that_blocks_has_no_profiles() -> None:
    voxels = columns()
    blocked = voxels.labels.copy()
    blocked[20] = PHASE_LABEL["active"]
    solid = Voxels(labels=blocked, voxel_size_m=voxels.voxel_size_m)
    assert measure_depth_knots(solid, **{**PHYSICS, "binder_ion_diffusivity": 0.0}) is None  # type: ignore[arg-type]


def test_the_mean_over_volumes_needs_the_profiles_of_all() -> None:
    voxels = columns()
    measured = characterize(voxels, axes=(0,), detail="loop", **PHYSICS)  # type: ignore[arg-type]
    knots = measure_depth_knots(voxels, **PHYSICS)  # type: ignore[arg-type]
    known = measured.model_copy(update={"through_thickness": knots})
    assert mean_depth_knots([known, measured]) is None
    both = mean_depth_knots([known, known])
    assert both is not None
    assert both.pore_transport == pytest.approx(knots.pore_transport if knots else ())
    assert combine([known, known]).n_volumes == 2
