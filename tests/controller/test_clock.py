"""The machine's clocks: a zone on every moment, durations that never go back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from controller.clock import SystemClock


def test_moments_carry_their_zone_and_are_now() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)


def test_durations_start_at_the_clock_s_making_and_never_go_back() -> None:
    clock = SystemClock()
    seen = [clock.elapsed_s() for _ in range(1000)]
    assert 0 <= seen[0] < 60
    assert seen == sorted(seen)
