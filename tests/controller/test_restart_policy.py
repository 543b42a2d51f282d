from __future__ import annotations

from controller.restart_policy import (
    LONGEST_PAUSE_S,
    MAX_WITHOUT_READY,
    MAX_WITHOUT_READY_AGAIN,
    MAX_WITHOUT_RESULT,
    RestartPolicy,
)


def lost(n: int, policy: RestartPolicy | None = None) -> RestartPolicy:
    policy = policy or RestartPolicy()
    for _ in range(n):
        policy = policy.after_loss()
    return policy


def test_the_first_restart_is_at_once_and_later_ones_wait_longer() -> None:
    pauses = [lost(n).pause_s for n in range(8)]
    assert pauses[:2] == [0.0, 0.0]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_S


def test_lives_that_never_get_ready_are_given_up() -> None:
    assert not lost(MAX_WITHOUT_READY - 1).is_hopeless
    assert lost(MAX_WITHOUT_READY).is_hopeless


def test_lives_that_get_ready_and_give_nothing_are_given_up_later() -> None:
    policy = RestartPolicy()
    for _ in range(MAX_WITHOUT_RESULT - 1):
        policy = policy.after_ready().after_loss()
    assert not policy.is_hopeless
    assert policy.after_ready().after_loss().is_hopeless


def test_one_result_makes_up_for_everything() -> None:
    assert lost(4).after_result() == RestartPolicy(was_ready=True)


def test_what_worked_once_is_waited_for_longer() -> None:
    policy = lost(MAX_WITHOUT_READY, RestartPolicy().after_ready())
    assert not policy.is_hopeless
    assert lost(MAX_WITHOUT_READY_AGAIN - MAX_WITHOUT_READY, policy).is_hopeless
