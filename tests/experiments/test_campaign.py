from __future__ import annotations

import pytest

from experiments.budget import Budget


def test_a_budget_cannot_promise_more_than_it_has() -> None:
    with pytest.raises(ValueError, match="at_least wants 3 evaluations of fine; there are 2"):
        Budget(evaluations={"coarse": 9, "fine": 2}, at_least={"fine": 3})
