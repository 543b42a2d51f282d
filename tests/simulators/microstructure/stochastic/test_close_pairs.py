import numpy as np
import pytest

from simulators.microstructure.stochastic.close_pairs import close_pairs


@pytest.mark.parametrize("wraps", [(True, True, True), (False, True, False)])
def test_all_pairs_within_reach_are_found_once(wraps):
    random = np.random.default_rng(1)
    edges = np.asarray([3.0, 4.0, 5.0])
    centres = random.random((200, 3)) * edges
    reaches = np.sort(random.uniform(0.05, 0.6, 200))[::-1].copy()
    gaps = centres[:, None] - centres[None]
    gaps -= np.where(wraps, edges * np.rint(gaps / edges), 0.0)
    near = np.sum(gaps**2, axis=2) < (reaches[:, None] + reaches[None] + 0.1) ** 2
    expected = {(i, j) for i, j in zip(*np.nonzero(near), strict=True) if i < j}
    found = close_pairs(centres, reaches, edges, np.asarray(wraps), margin=0.1)
    assert {(int(i), int(j)) for i, j in found} == expected
    assert len(found) == len(expected)
