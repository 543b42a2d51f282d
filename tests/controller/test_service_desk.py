"""Deciding at a service elsewhere: the same rules, and no token in the clear."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.client import Client
from controller.commands.waiting_elsewhere import waiting_elsewhere
from controller.service_desk import ServiceDesk, reach
from experiments.errors import Invalid, NotAllowed
from tests.contracts.desk_contract import DeskContract
from tests.controller.web.room import Room, opened_room


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path, n_proposals=3) as opened:
        yield opened


def desk(room: Room, who: str, campaign: str | None = None) -> ServiceDesk:
    return ServiceDesk(Client("", room.tokens[who], http=room.client()), campaign)


def named(one) -> str:
    return f"{one.id}@{one.digest[:12]}"


class TestServiceDesk(DeskContract):
    @pytest.fixture
    def desk(self, room: Room) -> ServiceDesk:
        return desk(room, "approver")

    @pytest.fixture
    def versions(self, room: Room) -> list[str]:
        return [named(one) for one in desk(room, "approver").waiting()]


def test_another_version_is_named_with_the_one_to_look_at(room: Room) -> None:
    mine = desk(room, "approver")
    with pytest.raises(Invalid, match=rf"p1 is another version now \({named(mine.waiting()[0])}\)"):
        mine.approve(f"p1@{'0' * 12}", text="")


def test_roles_hold_there_as_here(room: Room) -> None:
    with pytest.raises(NotAllowed):
        desk(room, "viewer").approve(named(desk(room, "viewer").waiting()[0]), text="")
    with pytest.raises(NotAllowed, match="may not operate"):
        desk(room, "viewer").order("pause", reason="")
    assert "paused" in desk(room, "operator").order("pause", reason="oven")


def test_the_only_campaign_is_taken_and_another_is_named(room: Room) -> None:
    assert desk(room, "approver").campaign == room.campaign
    with pytest.raises(NotAllowed, match="may not view in campaign nothing"):
        desk(room, "approver", "nothing").waiting()


def test_what_waits_is_told_with_the_command_that_decides(room: Room) -> None:
    found = desk(room, "approver")
    (one, *_) = found.waiting()
    lines = list(waiting_elsewhere(found, "https://lab.example/", as_json=False))
    assert f"page        https://lab.example/campaigns/{room.campaign}/proposals/p1" in lines
    assert any(line.startswith(f"decide      cellwright approve {named(one)}") for line in lines)
    assert any("95%" in line or " to " in line for line in lines)


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("lab.example", "https://NAME"),
        ("ftp://lab.example", "https://NAME"),
        ("https://", "https://NAME"),
        ("http://lab.example:8080", "by https only"),
        ("http://127.0.0.1.evil.example", "by https only"),
    ],
)
def test_an_address_that_will_not_do_is_refused(address: str, complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint):
        reach(address, "secret")


def test_a_path_behind_the_address_is_left_away() -> None:
    asked = []

    def connect(address: str, token: str) -> Client:
        asked.append(address)
        return Client(address, token)

    reach("http://127.0.0.1:8080/campaigns?x=1", "t", connect=connect).close()
    assert asked == ["http://127.0.0.1:8080"]
