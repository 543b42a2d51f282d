"""A careful caller gets everything through a faulty lab, or a person is asked; never twice."""

from __future__ import annotations

import pytest

from tests.benchmarks.lab_faults import run_kind


@pytest.mark.parametrize("kind", ["error_500_after", "wrong_file", "amnesia"])
def test_nothing_is_built_twice_and_no_result_is_wrong(tmp_path, kind) -> None:
    outcomes, duplicates = run_kind(kind, 3, tmp_path)
    assert duplicates == 0
    assert set(outcomes) <= {"done", "person"}
    if kind in ("error_500_after", "wrong_file"):
        assert outcomes == {"done": 3}
