"""The desk of a home here keeps the contract, and orders name the campaign."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.desk import HomeDesk, HomeOrderDesk, parted
from controller.stored_campaign import read_campaign
from experiments.errors import Invalid
from tests.contracts.desk_contract import DeskContract
from tests.controller.web.room import Room, opened_room


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path, n_proposals=3) as opened:
        yield opened


class TestHomeDesk(DeskContract):
    @pytest.fixture
    def desk(self, room: Room) -> HomeDesk:
        service = room.service
        person = service.people.authenticate_token(room.tokens["approver"])
        state = read_campaign(service.home.path, None).state
        return HomeDesk(service.home, state, person)

    @pytest.fixture
    def versions(self, room: Room) -> list[str]:
        proposals = read_campaign(room.service.home.path, None).state.proposals
        return [f"{name}@{one.proposal.digest[:12]}" for name, one in proposals.items()]


def test_an_order_goes_to_the_campaign_of_the_desk(room: Room) -> None:
    desk = HomeOrderDesk(room.service.home, room.campaign)
    assert "paused" in desk.order("pause", reason="oven")
    pause = read_campaign(room.service.home.path, None).state.pause
    assert pause is not None
    assert pause.reason == "oven"


@pytest.mark.parametrize("version", ["p3", "p3@", "p3@1a2b", "p03@1a2b3c4d", "q3@1a2b3c4d"])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(Invalid, match="is no version"):
        parted(version)


def test_a_version_names_a_proposal_and_the_beginning_of_its_digest() -> None:
    assert parted("p3@1a2b3c4d") == ("p3", "1a2b3c4d")
