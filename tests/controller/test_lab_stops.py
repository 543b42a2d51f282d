"""What is ended here is stopped in the lab, however late the lab hears of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.campaign_file import LoadedCampaign
from controller.events import Aborted, CampaignStarted
from controller.fold import fold
from controller.journal import Journal
from controller.lab import Lab
from controller.lab_link import LabLink
from controller.lab_stops import owed_stops
from controller.obey import obey
from controller.opening import open_campaign
from controller.order import Abort
from controller.proposal_events import StopTold
from controller.settling import settle_build
from controller.state import State
from experiments.errors import Invalid
from instruments.http_lab import HttpLab
from tests.controller.build_doubles import CAMPAIGN, Book, person
from tests.controller.doubles import ManualClock
from tests.controller.lab_doubles import Session, queue
from tests.instruments.a_build import SECRET
from tests.instruments.running_lab import running_lab

ABORTED = Aborted(by="anna", reason="smoke")


@pytest.fixture
def book() -> Book:
    return Book()


def sent(book: Book, address: str, folder: Path) -> None:
    """Have the lab take a build."""
    queue(book, 0.4)
    session = Session(book, address, folder)
    asyncio.run(session.until(lambda: book.state.builds["b1"].stage in ("submitted", "running")))


def only_stop(book: Book, address: str, folder: Path) -> list[str]:
    said: list[str] = []

    async def stop() -> None:
        adapter = HttpLab("bench", address, SECRET, folder / "spool", timeout_s=2.0)
        lab = Lab(LabLink(adapter, SECRET), ManualClock(), log=said.append)
        await lab.only_stop(book.state, lambda events: book.write(*events) and None)

    asyncio.run(stop())
    return said


def state_there(address: str, folder: Path) -> str:
    async def told() -> str:
        adapter = HttpLab("bench", address, SECRET, folder / "spool", timeout_s=2.0)
        status = await adapter.status("b1")
        await adapter.close()
        return str(status.state)

    return asyncio.run(told())


def test_an_abort_without_a_session_is_told_by_the_next_run(book: Book, tmp_path: Path) -> None:
    with running_lab(tmp_path / "lab") as lab:
        sent(book, lab.address, tmp_path)
        order = Abort(campaign=book.campaign.name, reason="smoke")
        obeyed = obey(order, book.state, "anna", has_session=False)
        assert "has the lab stop b1" in obeyed.words
        book.write(*obeyed.events)
        assert [build.build.id for build in owed_stops(book.state)] == ["b1"]
        assert fold(book.journal.stored) == book.state
        only_stop(book, lab.address, tmp_path)
        assert state_there(lab.address, tmp_path) == "aborted"
    assert not owed_stops(book.state)
    assert book.state.builds["b1"].reason == "aborted by anna: smoke"


def test_a_lab_that_does_not_answer_is_told_later(book: Book, tmp_path: Path) -> None:
    with running_lab(tmp_path / "lab") as lab:
        sent(book, lab.address, tmp_path)
    book.write(ABORTED)
    (said,) = only_stop(book, "http://127.0.0.1:9", tmp_path)
    assert "could not be stopped in the lab yet" in said
    assert owed_stops(book.state)


def test_what_a_person_gives_up_on_its_way_is_stopped(book: Book, tmp_path: Path) -> None:
    with running_lab(tmp_path / "lab") as lab:
        sent(book, lab.address, tmp_path)
        book.write(*settle_build(book.state, "b1", "given_up", person(), now=book.now))
        assert book.state.builds["b1"].stage == "failed"
        session = Session(book, lab.address, tmp_path)
        asyncio.run(session.until(lambda: not owed_stops(book.state)))
        assert state_there(lab.address, tmp_path) == "aborted"


def test_what_was_never_sent_owes_the_lab_nothing(book: Book) -> None:
    queue(book, 0.4)
    book.write(ABORTED)
    assert book.state.builds["b1"].stage == "failed"
    assert not owed_stops(book.state)


def test_a_run_of_an_aborted_campaign_tells_before_it_refuses(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", ManualClock())
    started = CampaignStarted(campaign=CAMPAIGN, source="small.yaml", text="")
    journal.append(CAMPAIGN.name, [started, ABORTED])
    told: list[State] = []
    loaded = LoadedCampaign(CAMPAIGN, "small.yaml", "")
    with pytest.raises(Invalid, match="it stays so"):
        open_campaign(journal, loaded, when_over=told.append)
    assert [state.is_aborted for state in told] == [True]
    journal.close()


def test_an_answer_settles_what_was_owed(book: Book, tmp_path: Path) -> None:
    with running_lab(tmp_path / "lab") as lab:
        sent(book, lab.address, tmp_path)
    book.write(ABORTED)
    book.write(StopTold(build_id="b1", answer="aborted"))
    assert not owed_stops(book.state)
