"""Every error of the project keeps its message and evidence through pickling."""

from __future__ import annotations

import pickle

import pytest

import experiments.errors as module
from experiments.errors import CellwrightError, DesignFailed
from experiments.observation import FailureKind

KINDS = [
    kind
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, CellwrightError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_survive_pickling_with_their_evidence(kind: type[CellwrightError]) -> None:
    extra = {"kind": "not_percolating"} if issubclass(kind, DesignFailed) else {}
    again = pickle.loads(pickle.dumps(kind("what happened", axis=0, **extra)))
    assert type(again) is kind
    assert again.message == str(again) == "what happened"
    assert again.axis == 0


def test_a_failed_design_knows_its_kind() -> None:
    assert DesignFailed("x", kind="solver_failed").failure_kind is FailureKind.solver_failed


def test_an_absent_field_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="speed"):
        _ = CellwrightError("x").speed
