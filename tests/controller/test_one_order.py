"""Whatever goes wrong with one order is that order's answer; control goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller import control as control_module
from controller.events import Interrupted, Paused
from controller.obey import Obeyed
from controller.one_order import OF_THE_HOME, attempted
from controller.order import Done, Pause, Refused
from experiments.errors import CellwrightError, HomeInUse, InternalError, Rejected
from tests.controller.doubles import FakeCompute
from tests.controller.test_control_orders import Session, observed

PAUSE = Pause(campaign="small")


def failing(error: Exception) -> Callable[[], None]:
    def step() -> None:
        raise error

    return step


@pytest.mark.parametrize(
    "error", [OverflowError("date value out of range"), Rejected("of no kind"), KeyError("x")]
)
def test_a_mistake_in_one_order_refuses_it_with_a_trace_in_the_log(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "cellwright.control"):
        answer = attempted(PAUSE, failing(error))
    assert isinstance(answer, Refused)
    assert "nothing is stored" in answer.message
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_what_is_wrong_with_the_home_is_raised_on() -> None:
    with pytest.raises(HomeInUse):
        attempted(PAUSE, failing(HomeInUse("taken")), of_the_home=OF_THE_HOME)


@pytest.mark.parametrize("error", [OverflowError("too late"), CellwrightError("no such thing")])
def test_an_order_that_cannot_be_read_does_not_end_the_campaign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    real = control_module.obey

    def obey(order: Any, *args: Any, **more: Any) -> Obeyed:
        if isinstance(order, Pause):
            raise error
        return real(order, *args, **more)

    monkeypatch.setattr(control_module, "obey", obey)
    check_it_goes_on(tmp_path, str(error))


def test_of_events_that_cannot_follow_none_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = (Paused(by="anna"), Interrupted(reason="x"))
    real = control_module.fold

    def fold(recorded: Any, before: Any) -> Any:
        if any(isinstance(one.event, Paused) for one in recorded):
            raise InternalError("this cannot follow")
        return real(recorded, before)

    monkeypatch.setattr(control_module, "obey", lambda *_, **__: Obeyed(events, "done"))
    monkeypatch.setattr(control_module, "fold", fold)
    check_it_goes_on(tmp_path, "this cannot follow")


def check_it_goes_on(tmp_path: Path, said: str) -> None:
    session = Session(tmp_path / "journal.db", FakeCompute(seed=1))

    async def person(session: Session) -> None:
        await session.until(observed(1))
        answer = await session.order(PAUSE)
        assert not isinstance(answer, Done)
        assert isinstance(answer, Refused)
        assert said in answer.message
        assert session.state.pause is None
        assert session.state.phase == "running"

    outcome = session.run(person)
    assert outcome.ending == "finished"
    assert outcome.state.pause is None
