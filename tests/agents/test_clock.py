from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agents.clock import SYSTEM_CLOCK


def test_seconds_never_go_back() -> None:
    seen = [SYSTEM_CLOCK.monotonic_s() for _ in range(1000)]
    assert seen == sorted(seen)


def test_the_date_is_now_in_universal_time() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    found = datetime.fromisoformat(SYSTEM_CLOCK.now())
    assert before <= found <= datetime.now(UTC)
    assert found.utcoffset() == timedelta(0)
