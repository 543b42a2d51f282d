"""A generated electrode against the CT of a real one, at its fractions and fitted recipe."""

from __future__ import annotations

import pytest

from tests.benchmarks.real_electrode import likeness


def assert_alike(rows, within):
    far = {row.quantity: f"{row.difference:+.1%}" for row in rows if abs(row.difference) > within}
    assert not far


def test_at_half_the_resolution_a_small_volume_is_like_the_ct(shared_data):
    rows = likeness(shared_data, seeds=range(1000, 1001), n_voxels=80, every=2, tolerance=1e-2)
    assert_alike(rows, within=0.30)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_transport_areas_sizes_and_correlation_lengths_are_those_of_the_ct(shared_data):
    rows = likeness(shared_data, seeds=range(1000, 1002), n_voxels=160, tolerance=1e-2)
    assert_alike(rows, within=0.20)
