from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from experiments.errors import Invalid
from simulators.microstructure.voxels import Voxels
from simulators.properties.representativity import (
    interval,
    n_volumes_for,
    plan_volumes,
    run_until_representative,
    subvolumes,
)
from simulators.properties.size_law import fit_size_law
from tests.simulators.properties.drawn_values import drawn


def one_of(values, i):
    return {"τ": values[i]}


def test_the_number_of_volumes_is_students():
    # 39 volumes for 1% is the published number; it belongs to a scatter of 3.1%
    assert n_volumes_for(0.031, 0.01) == pytest.approx(39, abs=2)
    assert n_volumes_for(0.0, 0.01) == 2
    for sd in (0.005, 0.02, 0.1):
        n = n_volumes_for(sd)
        samples = np.resize([1 - sd, 1 + sd], n)
        width = interval(list(samples * 1.0))
        assert width == pytest.approx(0.01, rel=0.5)


def test_plans_put_sizes_with_too_much_bias_last():
    law = fit_size_law(drawn(np.random.default_rng(2), (32, 64, 96), 40, bias=0.8))
    plans = plan_volumes(law, (32, 64, 128, 256), target=0.01)
    fine = [abs(plan.relative_bias) <= 0.005 for plan in plans]
    assert fine == sorted(fine, reverse=True)
    assert plans[0].edge == 256
    assert {plan.edge for plan in plans[1:]} == {32, 64, 128}
    assert all(plan.n_voxels == plan.n_volumes * plan.edge**3 for plan in plans)


def test_running_stops_when_the_interval_is_narrow_and_its_coverage_holds():
    covered = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        values = rng.normal(2.0, 0.06, 64)
        found = run_until_representative(partial(one_of, values), target=0.02)["τ"]
        assert found.is_reached
        assert found.half_width_95 <= 0.02 * found.mean
        covered.append(abs(found.mean - 2.0) <= found.half_width_95)
    assert np.mean(covered) > 0.87


def test_running_waits_for_the_slowest_property_and_says_what_is_left():
    rng = np.random.default_rng(0)
    said: list[str] = []
    found = run_until_representative(
        lambda i: {"area": rng.normal(1, 1e-4), "τ": rng.normal(2.0, 0.2)},
        target=0.02,
        max_volumes=12,
        progress=said.append,
    )
    assert len(found["τ"].samples) == len(found["area"].samples) == 12
    assert not found["τ"].is_reached
    assert found["area"].is_reached
    assert "about" in said[0]


def test_fewer_than_three_volumes_borrow_the_laws_scatter():
    law = fit_size_law(drawn(np.random.default_rng(2), (32, 64, 96), 40))
    assert interval([2.0], law, 64) == pytest.approx(1.96 * 2 * law.relative_sd(64), rel=1e-3)
    with pytest.raises(Invalid, match="run three"):
        interval([2.0, 2.1])


def test_an_image_is_cut_into_all_cubes_that_fit():
    labels = np.arange(20 * 21 * 11, dtype=np.uint32).reshape(20, 21, 11).astype(np.uint8)
    parts = subvolumes(Voxels(labels, (1e-6,) * 3), 10)
    assert len(parts) == 4
    assert all(part.labels.shape == (10, 10, 10) for part in parts)
    with pytest.raises(Invalid, match="do not fit"):
        subvolumes(Voxels(labels, (1e-6,) * 3), 12)


def test_impossible_targets_are_refused():
    for target in (0.0, 1.0, -0.1):
        with pytest.raises(Invalid, match="target"):
            n_volumes_for(0.1, target)
