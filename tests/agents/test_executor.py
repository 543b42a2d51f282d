from __future__ import annotations

import pickle

from agents.executor import Cancelled, Died, Handle, Kept, Raised, Returned
from experiments.errors import InternalError

HANDLE = Handle(7, "generate")


def test_what_comes_of_a_call_travels_between_processes() -> None:
    outcomes = [
        Returned(HANDLE, value=1.5, kept=None, elapsed_s=0.1, worker="host:1"),
        Died(HANDLE, "killed"),
        Cancelled(HANDLE),
        Kept(value=1, large=b"2"),
    ]
    assert pickle.loads(pickle.dumps(outcomes)) == outcomes
    raised = pickle.loads(pickle.dumps(Raised(HANDLE, InternalError("a", at=3), 0.0, "")))
    assert raised.handle == HANDLE
    assert raised.error.evidence == {"at": 3}


def test_handles_of_one_executor_are_told_apart_by_their_number() -> None:
    assert len({Handle(1, "read"), Handle(2, "read"), Handle(1, "read")}) == 2
