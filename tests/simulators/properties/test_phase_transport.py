from dataclasses import replace

import numpy as np
import pytest

from experiments.errors import DesignFailed
from experiments.observation import FailureKind
from simulators.microstructure.voxels import Voxels
from simulators.properties import phase_transport as module
from simulators.properties.phase_transport import phase_transport
from simulators.properties.transport import solve_conduction

UM = 1e-6
LABELS = {"active": 1, "binder": 2}


@pytest.fixture
def voxels():
    labels = np.random.default_rng(0).choice(3, (18, 16, 17), p=(0.3, 0.3, 0.4)).astype(np.uint8)
    return Voxels(labels, (UM,) * 3)


def transported(voxels, conductivity, **options):
    return phase_transport(
        voxels, conductivity, axes=(0,), tolerance=1e-3, report=lambda _: None, **options
    )["0"]


def stopping_short(monkeypatch, width):
    """Let the solver give intervals of that relative width, and say that it stopped short."""

    def solve(*arguments, **options):
        found = solve_conduction(*arguments, **options)
        return replace(found, lower=found.upper * (1 - width), is_converged=False)

    monkeypatch.setattr(module, "solve_conduction", solve)


def test_names_become_labels_and_absent_phases_count_for_nothing(voxels):
    found = transported(voxels, {"active": 1.0, "binder": 2.0, "second_active": 5.0})
    alone = solve_conduction((voxels.labels, {1: 1.0, 2: 2.0}), voxel_size_m=UM)
    assert found.relative == alone.relative
    assert found.discretisation_bias is not None
    assert transported(voxels, {"second_active": 5.0}).relative == 0


def test_profiles_are_kept_on_request_and_average_to_the_whole(voxels):
    solid = {"active": 1.0, "binder": 2.0}
    assert transported(voxels, solid).profile == ()

    found = transported(voxels, solid, keeps_profiles=True)

    assert len(found.profile) == len(found.tortuosity_profile) == 18
    assert 1 / np.mean(1 / np.array(found.profile)) == pytest.approx(found.relative, rel=1e-6)
    share = {name: (voxels.labels == label).mean((1, 2)) for name, label in LABELS.items()}
    layer_mean = 1.0 * share["active"] + 2.0 * share["binder"]
    assert found.tortuosity_profile == pytest.approx(layer_mean / np.array(found.profile))
    assert transported(voxels, {"second_active": 5.0}, keeps_profiles=True).profile == ()


def test_an_interval_that_is_no_answer_is_a_failure_and_no_number(voxels, monkeypatch):
    stopping_short(monkeypatch, 0.9)
    with pytest.raises(DesignFailed, match="transport along axis 0 is known no better") as failed:
        transported(voxels, {"active": 1.0, "binder": 2.0})
    assert failed.value.failure_kind is FailureKind.solver_failed


def test_a_somewhat_wide_interval_stands_and_says_itself(voxels, monkeypatch):
    stopping_short(monkeypatch, 0.05)
    found = transported(voxels, {"active": 1.0, "binder": 2.0})
    assert found.lower == pytest.approx(0.95 * found.upper)
