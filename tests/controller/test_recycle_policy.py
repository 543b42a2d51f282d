from __future__ import annotations

import pytest

from controller.recycle_policy import LARGEST_AGE_S, LEAST_AGE_S, RecyclePolicy

GB = 10**9


@pytest.mark.parametrize(
    ("age_s", "held_bytes", "expected"),
    [
        (LEAST_AGE_S - 1, 60 * GB, None),
        (LEAST_AGE_S, 50 * GB, None),
        (LEAST_AGE_S, 51 * GB, "it holds 51 GB of 100 GB"),
        (LARGEST_AGE_S - 1, GB, None),
        (LARGEST_AGE_S, GB, "it is 24 h old"),
    ],
)
def test_compute_is_replaced_when_it_is_old_or_large_and_never_again_and_again(
    age_s: float, held_bytes: int, expected: str | None
) -> None:
    assert RecyclePolicy().reason(age_s, held_bytes, 100 * GB) == expected
