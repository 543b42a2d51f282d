"""A call as its worker makes it: every outcome is a report that travels."""

from __future__ import annotations

import os
import pickle

import pytest

from agents.executor import Kept
from agents.worker_call import call, worker_name
from experiments.errors import InternalError, Invalid


def fails(error: Exception) -> None:
    raise error


def test_a_value_comes_with_its_time_and_worker():
    report, large = call(max, (1, 2))
    assert (report.value, report.error, report.has_large, large) == (2, None, False, None)
    assert 0 <= report.elapsed_s < 10
    assert report.worker == worker_name()
    assert f":{os.getpid()}" in report.worker


def test_the_large_part_travels_apart():
    report, large = call(Kept, ("record", b"voxels"))
    assert (report.value, report.has_large, large) == ("record", True, b"voxels")


def test_an_error_of_ours_keeps_its_kind_and_evidence():
    report, _ = call(fails, (Invalid("no such label", label=7),))
    assert isinstance(report.error, Invalid)
    assert report.error.evidence == {"label": 7}


def test_a_defect_arrives_as_a_message_with_its_trace():
    report, _ = call(fails, (ZeroDivisionError("by nought"),))
    assert isinstance(report.error, InternalError)
    assert "fails: ZeroDivisionError: by nought" in report.error.message
    assert "in fails" in str(report.error.evidence["traceback"])
    assert pickle.loads(pickle.dumps(report)).error.message == report.error.message


def test_an_order_to_end_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        call(fails, (KeyboardInterrupt(),))
