from __future__ import annotations

from controller.room import RETRY_S, Room
from experiments.errors import DiskFull
from tests.controller.doubles import ManualClock


def test_a_refused_write_is_tried_again_after_a_while_and_told_once() -> None:
    clock, said = ManualClock(), list[str]()
    room = Room(clock, said.append)
    assert room.may_try
    for _ in range(3):
        room.refused(DiskFull("journal.db: database or disk is full"))
        assert not room.may_try
        clock.seconds += RETRY_S
        assert room.may_try
    room.granted()
    room.granted()
    assert room.note is None
    assert said == [
        "paused until the disk has room again: journal.db: database or disk is full",
        "the disk has room again; the campaign goes on",
    ]
