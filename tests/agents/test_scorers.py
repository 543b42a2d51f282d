"""Every built-in decider that scores designs keeps what is asked of scorers."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from agents.acquisition.decider import Scorer
from agents.wiring import DECIDERS, EXTRAS, decider, names
from experiments.campaign import PartChoice
from tests.contracts.decider_contract import MakeDecider
from tests.contracts.scorer_contract import ScorerContract


def _is_installed(name: str) -> bool:
    extra = EXTRAS.get((DECIDERS, name))
    return extra is None or find_spec(extra) is not None


SCORERS = [
    name
    for name in names(DECIDERS)
    if _is_installed(name) and isinstance(decider(PartChoice(name=name)), Scorer)
]


def test_there_is_a_decider_that_scores() -> None:
    assert "cellwright" in SCORERS


@pytest.mark.parametrize("name", SCORERS)
class TestScorers(ScorerContract):
    @pytest.fixture
    def make(self, name: str) -> MakeDecider:
        kind = type(decider(PartChoice(name=name)))
        return lambda screen: kind(screen=screen)  # type: ignore[call-arg]
