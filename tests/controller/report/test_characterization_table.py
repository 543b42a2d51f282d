from __future__ import annotations

import pytest
from rich.console import Console

from controller.report.characterization_table import print_characterization
from experiments.morphology import Distribution, Morphology, PhaseMorphology
from experiments.properties import AxisTransport, EffectiveProperties
from simulators.properties.characterize import Characterization

NONE = Distribution(value_m=(), share=())


def phase(fraction, sd, is_resolved):
    return PhaseMorphology(
        volume_fraction=fraction,
        volume_fraction_sd=sd,
        is_fraction_resolved=is_resolved,
        mean_chord_m={},
        chord={},
        correlation_length_m={},
        two_point_lag_m={},
        two_point_probability={},
        mean_curvature_per_m2=0.0,
        euler_number_per_m3=0.0,
    )


def printed(pore=None, solid=None, *, sd=0.01, is_resolved=True):
    """Return what is said of an image with these through-thickness values."""
    plain = AxisTransport(relative=0.2, lower=0.1999, upper=0.2, tortuosity_factor=2.0)
    phases = {"pore": 0.4, "active": 0.6}
    properties = EffectiveProperties(
        shape=(50, 50, 50),
        voxel_size_m=(4e-7,) * 3,
        volume_fraction=phases,
        percolating_fraction={name: {"0": 1.0} for name in phases},
        pore_transport={"0": pore or plain},
        solid_transport={"0": solid or plain},
        interface_area_per_m={},
        settings={
            "tolerance": 1e-3,
            "binder_ion_diffusivity": 0.0,
            "solid_conductivity.active": 1.0,
        },
    )
    morphology = Morphology(
        phases={name: phase(share, sd, is_resolved) for name, share in phases.items()},
        triple_line_per_m2=0.0,
        pore_radius=NONE,
        median_pore_radius_m=None,
        particle_radius=NONE,
        n_particles=0,
        mean_contacts=None,
        mean_neck_ratio=None,
    )
    console = Console(width=200)
    with console.capture() as captured:
        print_characterization(console, Characterization(properties, morphology), ())
    return " ".join(captured.get().split())


def test_a_phase_fraction_has_an_interval_in_percent():
    assert "pore 40.00% (38.04 to 41.96)" in printed()
    assert "(38.04 to 41.96, or wider)" in printed(is_resolved=False)
    assert "(0.00 to 100.00)" in printed(sd=0.5)


@pytest.mark.parametrize(
    ("bias", "words"),
    [
        (-0.02, "0.200 of what would be 0.220 with ever finer ones (estimated)"),
        (0.01, "0.200 of what would be 0.190"),
        (-0.1, "changes the value by 50%"),
    ],
)
def test_the_error_of_the_voxel_size_is_told_as_far_as_it_is_known(bias, words):
    biased = AxisTransport(relative=0.2, lower=0.1999, upper=0.2, discretisation_bias=bias)
    assert words in printed(biased)


def test_an_interval_wider_than_asked_is_said():
    wide = AxisTransport(relative=0.2, lower=0.19, upper=0.2)
    assert "electrons along axis 0: the solver stopped short" in printed(solid=wide)
    assert "stopped short" not in printed()
