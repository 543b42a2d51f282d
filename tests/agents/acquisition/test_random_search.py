"""The random decider's contract."""

from __future__ import annotations

import pytest

from agents.acquisition.random_search import RandomDecider
from tests.contracts.decider_contract import DeciderContract


class TestRandomDecider(DeciderContract):
    @pytest.fixture
    def make(self):
        return lambda screen: RandomDecider(screen=screen)
