from __future__ import annotations

from controller.post_mortem import SUSPECT_AFTER, Death, diagnosis, suspects

KILLED = "compute ended by SIGKILL"


def death(*jobs: str, how: str = KILLED, n_killed: int = 0) -> Death:
    return Death(
        how=how,
        words=("loading", "no room"),
        jobs=frozenset(jobs),
        n_killed_for_memory=n_killed,
        was_ready=True,
    )


def test_ways_of_dying_are_counted() -> None:
    text = diagnosis([death("a"), death("b"), death(how="compute ended with status 1")], "c.log")
    assert "lost 3 times without a result: compute ended by SIGKILL (2 times), " in text
    assert "compute ended with status 1" in text
    assert "no job is common to all" in text
    assert "last words: loading | no room" in text
    assert text.endswith("the rest is in c.log; everything is saved")


def test_a_job_under_way_each_time_is_named() -> None:
    text = diagnosis([death("a", "b"), death("b", "c")], "c.log")
    assert "job b was under way each time" in text
    assert "cellwright evaluate --at" in text


def test_memory_is_told_before_anything_else_is_guessed() -> None:
    text = diagnosis([death("a"), death("a", n_killed=2)], "c.log")
    assert "the kernel killed 2 processes for memory" in text
    assert "fewer workers (--workers)" in text


def test_a_compute_that_never_got_ready_sends_to_the_doctor() -> None:
    assert "cellwright doctor" in diagnosis([Death(how="compute ended with status 1")] * 5, "c.log")


def test_a_job_is_suspected_after_many_deaths_in_a_row_and_only_where_it_was_in_all() -> None:
    deaths = [death("a", "b")] * (SUSPECT_AFTER - 1)
    assert suspects(deaths) == frozenset()
    assert suspects([*deaths, death("a", "c")]) == {"a"}
    assert suspects([*deaths, death("c")]) == frozenset()
