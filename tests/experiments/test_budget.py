from __future__ import annotations

import pytest

from experiments.budget import Budget, Stopping


def test_a_budget_is_of_one_kind() -> None:
    for both in ({}, {"evaluations": {"fine": 1}, "fine_equivalents": 2.0}):
        with pytest.raises(ValueError, match="either evaluations or fine_equivalents"):
            Budget(**both)


def test_what_is_promised_must_be_there() -> None:
    with pytest.raises(ValueError, match="at_least wants 3 evaluations of fine; there are 2"):
        Budget(evaluations={"fine": 2}, at_least={"fine": 3})
    assert Budget(fine_equivalents=4.0, at_least={"fine": 3}).at_least == {"fine": 3}


def test_a_plateau_takes_two_evaluations() -> None:
    with pytest.raises(ValueError, match="greater than or equal to 2"):
        Stopping(plateau_evaluations=1)
