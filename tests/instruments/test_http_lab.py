"""The HTTP adapter keeps the contract, and believes nothing a lab says against the rules."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from experiments.build import BuildPayload
from experiments.build_status import BuildState
from experiments.errors import CellwrightError, OutcomeUnknown, Transient, Unreachable
from instruments.http_lab import HttpLab
from instruments.lab_protocol import FileList
from instruments.lab_simulator.ledger import Ledger
from instruments.lab_simulator.physics import MadeBuild
from instruments.lab_simulator.schedule import STATIONS
from instruments.result_file import ResultFile
from tests.contracts.instrument_contract import InstrumentContract
from tests.controller.lab_doubles import make_linear
from tests.instruments.a_build import SECRET, build_of, payload_of, request_of
from tests.instruments.running_lab import running_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


class TestHttpLab(InstrumentContract):
    secret = SECRET

    @pytest.fixture(autouse=True)
    def _lab(self, lab, tmp_path):
        self.lab, self.folder = lab, tmp_path

    @contextlib.asynccontextmanager
    async def opened(self):
        instrument = HttpLab("bench", self.lab.address, SECRET, self.folder)
        try:
            yield instrument
        finally:
            await instrument.close()

    def test_every_accepted_build_was_coated_once(self, fresh):
        async def steps(instrument):
            for _ in range(3):
                await instrument.submit(fresh(), self.epoch)

        self.run(steps)
        assert self.lab.coatings().count(fresh().build.id) == 1


def test_a_file_that_a_test_still_writes_is_not_fetched_before_it_is_whole(tmp_path) -> None:
    """The lab's clock stands still while it is asked, and is put forward in between."""
    fetched: list[str] = []

    async def make(build_id: str, payload: BuildPayload) -> MadeBuild:
        made = await make_linear(build_id, payload)
        (tmp_path / "made").touch()
        return made

    async def asked(address: str, is_first: bool) -> tuple[list[bool], list[ResultFile]]:
        instrument = HttpLab("bench", address, SECRET, tmp_path / "spool")
        fetch = instrument._fetched

        async def counted(path: str) -> bytes:
            fetched.append(path)
            return await fetch(path)

        instrument._fetched = counted
        if is_first:
            await instrument.submit(build_of("b1", payload_of(request_of(n_cells=1))), 1)
            while not (tmp_path / "made").exists():
                await asyncio.sleep(0.01)
        listed = await instrument._asked("GET", "/builds/b1/files", FileList)
        found = [file for _ in range(3) for file in await instrument.results("b1")]
        await instrument.close()
        return [entry.is_partial for entry in listed.files], found

    def at(share: float) -> tuple[list[bool], list[ResultFile]]:
        if share:
            ledger = Ledger(tmp_path / "lab" / "ledger.sqlite")
            (test,) = (task for task in ledger.tasks() if task.cell == 1)
            begins_s = test.starts_s + STATIONS[-1].fixed_s
            ledger.keep_number("clock", begins_s + share * (test.ends_s - begins_s))
            ledger.close()
        with running_lab(tmp_path / "lab", make=make, scale=1e-9) as lab:
            return asyncio.run(asked(lab.address, is_first=not share))

    assert at(0.0) == ([], [])
    assert at(0.3) == ([True], [])
    assert at(0.8) == ([True], [])
    assert fetched == []
    listed, whole = at(1.01)
    assert listed == [False]
    assert [(file.cell, file.is_partial) for file in whole] == [(1, False)] * 3
    assert len(fetched) == 1


def with_faults(tmp_path, rates, steps, *, timeout_s=0.5):
    """Take steps against a lab with faults; return what they return and the coatings."""

    async def whole(address):
        instrument = HttpLab("bench", address, SECRET, tmp_path / "spool", timeout_s=timeout_s)
        try:
            return await steps(instrument)
        finally:
            await instrument.close()

    with running_lab(tmp_path / "lab", rates=rates) as lab:
        return asyncio.run(whole(lab.address)), lab.coatings()


SUBMISSION = {
    "timeout_before_accept": (OutcomeUnknown, 0),
    "timeout_after_accept": (OutcomeUnknown, 1),
    "error_500_before": (OutcomeUnknown, 0),
    "error_500_after": (OutcomeUnknown, 1),
    "busy_429": (Transient, 0),
    "unavailable_503": (OutcomeUnknown, 0),
    "truncated": (OutcomeUnknown, 1),
    "garbage": (OutcomeUnknown, 1),
    "empty": (OutcomeUnknown, 1),
    "wrong_build_id": (OutcomeUnknown, 1),
    "connection_reset": (OutcomeUnknown, 0),
    "redirect": (OutcomeUnknown, 0),
    "oversized": (OutcomeUnknown, 1),
}


@pytest.mark.parametrize("kind", SUBMISSION)
def test_a_submission_that_meets_a_fault_ends_in_the_right_error(tmp_path, kind) -> None:
    error, n_coatings = SUBMISSION[kind]

    async def steps(instrument):
        with pytest.raises(CellwrightError) as caught:
            await instrument.submit(build_of(), 1)
        return caught.value

    found, coatings = with_faults(tmp_path, {kind: 1.0}, steps)
    assert type(found) is error
    assert coatings == ["b1"] * n_coatings


@pytest.mark.parametrize("kind", ["clock_backwards", "slow", "duplicate_notices"])
def test_a_fault_that_harms_nothing_is_lived_with(tmp_path, kind) -> None:
    async def steps(instrument):
        status = await instrument.submit(build_of(), 1)
        notices = await instrument.notices(0)
        return status, notices

    (status, notices), coatings = with_faults(tmp_path, {kind: 1.0}, steps, timeout_s=5.0)
    assert status.state in (BuildState.queued, BuildState.running)
    assert [n.sequence for n in notices] == sorted({n.sequence for n in notices})
    assert coatings == ["b1"]


def test_after_amnesia_the_lab_knows_nothing_and_control_must_not_repeat(tmp_path) -> None:
    """The oracle counts what a blind second submission would do."""

    async def steps(instrument):
        await instrument.submit(build_of(), 1)
        with pytest.raises(CellwrightError) as caught:
            await instrument.status("b1")
        await instrument.submit(build_of(), 1)
        return caught.value

    found, coatings = with_faults(tmp_path, {"amnesia": 1.0}, steps)
    assert found.reason == "unknown_build"
    assert coatings == ["b1", "b1"]


def test_nobody_home_is_not_an_unknown_outcome(tmp_path) -> None:
    async def steps():
        instrument = HttpLab("bench", "http://127.0.0.1:9", SECRET, tmp_path, timeout_s=0.5)
        health = await instrument.health()
        with pytest.raises(Unreachable) as caught:
            await instrument.submit(build_of(), 1)
        await instrument.close()
        return health, caught.value

    health, error = asyncio.run(steps())
    assert not health.is_ok
    assert error.was_sent is False
    assert SECRET.decode() not in repr(error.__dict__) + repr(vars(error))


def test_the_access_token_is_asked_for(lab, tmp_path) -> None:
    async def steps():
        instrument = HttpLab("bench", lab.address, b"x" * 40, tmp_path)
        try:
            with pytest.raises(CellwrightError, match="access token"):
                await instrument.capabilities()
        finally:
            await instrument.close()

    asyncio.run(steps())
