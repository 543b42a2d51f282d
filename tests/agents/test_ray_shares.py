"""A campaign's share, asked of the actor that all campaigns of a cluster share."""

from __future__ import annotations

import time

from agents.ray_executor import RayExecutor
from agents.ray_shares import Share


def looked(share: Share, n_used: int, *, until) -> None:
    """Look until something holds; a test's own time-out ends it otherwise."""
    while not until():
        share.look(n_used)
        time.sleep(0.02)


def test_who_uses_all_is_given_what_the_other_leaves(ray_executor: RayExecutor):
    alone = Share("alone", 64)
    try:
        looked(alone, 64, until=lambda: alone.total < 64)
        looked(alone, alone.total, until=lambda: alone.granted == alone.total)
        other = Share("other", 64)
        looked(other, 64, until=lambda: other.total == alone.total)
        other.leave()
    finally:
        alone.leave()
