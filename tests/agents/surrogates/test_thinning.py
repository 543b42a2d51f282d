"""Fewer rows where there are too many: the target first, the newest kept."""

from __future__ import annotations

import numpy as np
import pytest

from agents.surrogates.level_data import LevelData
from agents.surrogates.thinning import thinned


def data_of(n_target: int, n_cheap: int) -> LevelData:
    n = n_target + n_cheap
    level = np.random.default_rng(0).permutation(np.repeat([0, 1], [n_target, n_cheap]))
    return LevelData(
        x=np.arange(n, dtype=float)[:, None],
        level=level,
        y=np.arange(n, dtype=float),
        job_ids=tuple(map(str, range(n))),
        scatter=(None, None),
    )


def test_few_rows_stay_as_they_are():
    data = data_of(10, 20)
    assert thinned(data, 30) is data


@pytest.mark.parametrize(
    ("n_target", "n_cheap", "expected"),
    [(10, 500, 10), (400, 500, 50), (500, 20, 80), (500, 0, 100), (0, 500, 0)],
)
def test_the_target_keeps_up_to_half_or_what_the_others_leave(n_target, n_cheap, expected):
    found = thinned(data_of(n_target, n_cheap), 100)
    assert found.n == 100
    assert (found.level == 0).sum() == expected


def test_rows_stay_in_order_and_whole_and_the_newest_is_among_them():
    data = data_of(300, 300)
    found = thinned(data, 64)
    np.testing.assert_array_equal(found.x[:, 0], found.y)
    assert (np.diff(found.y) > 0).all()
    assert [found.job_ids[i] for i in (0, -1)] == [str(int(found.y[i])) for i in (0, -1)]
    for k in (0, 1):
        assert found.y[found.level == k][-1] == data.y[data.level == k][-1]
        gaps = np.diff(np.flatnonzero(np.isin(np.flatnonzero(data.level == k), found.y)))
        assert gaps.max() - gaps.min() <= 1
