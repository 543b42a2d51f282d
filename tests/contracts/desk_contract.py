"""What every desk keeps, wherever the campaign lies; subclass and give a ``desk``.

The campaign of the desk has three proposals that wait, ``p1`` to ``p3``, and no builds.
"""

from __future__ import annotations

import pytest

from controller.desk import Desk
from experiments.errors import CellwrightError, Invalid, Rejected


class DeskContract:
    @pytest.fixture
    def versions(self) -> list[str]:
        """Return the three versions that wait, as a person was shown them."""
        raise NotImplementedError

    def test_exactly_the_version_that_was_shown_is_decided_on(
        self, desk: Desk, versions: list[str]
    ) -> None:
        for another in (f"p1@{'0' * 12}", "p1", "p9@00000000", "p1@xyz", ""):
            with pytest.raises(Invalid):
                desk.approve(another, text="")
        assert "becomes build" in desk.approve(versions[0], text="for Tuesday")
        assert "rejected" in desk.reject(versions[1], "not_now", text="oven")

    def test_what_is_decided_is_not_decided_again(self, desk: Desk, versions: list[str]) -> None:
        desk.approve(versions[0], text="")
        with pytest.raises((Invalid, Rejected)):
            desk.reject(versions[0], "unsafe", text="")

    def test_an_approval_is_taken_back_once(self, desk: Desk, versions: list[str]) -> None:
        desk.approve(versions[2], text="")
        assert "withdrawn" in desk.withdraw("p3", text="")
        with pytest.raises(Rejected):
            desk.withdraw("p3", text="")

    def test_what_nobody_asked_for_is_refused_in_words(self, desk: Desk) -> None:
        for one in (
            lambda: desk.withdraw("p9", text=""),
            lambda: desk.settle("b1", "accepted", text="x"),
        ):
            with pytest.raises(CellwrightError) as refused:
                one()
            assert isinstance(refused.value, (Invalid, Rejected))
