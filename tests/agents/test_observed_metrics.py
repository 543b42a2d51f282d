import pytest

from agents.observed_metrics import property_metrics
from experiments.properties import AxisTransport, EffectiveProperties
from simulators.properties.averaging import combine


def measured(relative, scatter):
    through = AxisTransport(
        relative=relative, lower=relative, upper=relative, tortuosity_factor=0.5 / relative
    )
    return EffectiveProperties(
        shape=(64, 64, 64),
        voxel_size_m=(1e-6,) * 3,
        volume_fraction={"pore": 0.5, "active": 0.5},
        percolating_fraction={},
        pore_transport={"0": through},
        solid_transport={"0": through},
        interface_area_per_m={"pore-active": 2e5},
        relative_scatter=scatter,
        settings={"binder_ion_diffusivity": 0.0, "solid_conductivity.active": 1.0},
    )


LAW = {"pore_tortuosity_factor": 0.04, "area pore-active": 0.02}


def test_a_single_volume_carries_the_noise_of_the_variance_law():
    volumes = [measured(0.25, LAW)]

    metrics = property_metrics(combine(volumes), volumes)

    assert metrics["pore_tortuosity_factor"].noise_sd == pytest.approx(0.04 * 2.0)
    assert metrics["pore_active_area_per_m"].noise_sd == pytest.approx(0.02 * 2e5)
    assert metrics["solid_conductivity_S_per_m"].noise_sd is None


def test_two_volumes_share_the_noise_of_the_law():
    volumes = [measured(0.25, LAW), measured(0.25, {"pore_tortuosity_factor": 0.02})]

    metrics = property_metrics(combine(volumes), volumes)

    pooled = ((0.04**2 + 0.02**2) / 2) ** 0.5
    assert metrics["pore_tortuosity_factor"].noise_sd == pytest.approx(2.0 * pooled / 2**0.5)
    assert metrics["pore_active_area_per_m"].noise_sd is None


def test_three_volumes_show_their_noise_themselves():
    volumes = [measured(0.25, LAW)] * 3

    metrics = property_metrics(combine(volumes), volumes)

    assert metrics["pore_tortuosity_factor"].noise_sd is None
    assert len(metrics["pore_tortuosity_factor"].samples) == 3
