"""Our decider's contract."""

from __future__ import annotations

import pytest

from agents.acquisition.cellwright import CellwrightDecider
from tests.contracts.decider_contract import DeciderContract


class TestCellwrightDecider(DeciderContract):
    @pytest.fixture
    def make(self):
        return lambda screen: CellwrightDecider(screen=screen)
