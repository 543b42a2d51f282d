"""Builds through a lab that serves over real HTTP: once each, and none lost."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from controller.build_request import whole_area_m2
from controller.events import Aborted
from controller.fold import fold
from controller.proposal_events import FileTaken, OutcomeLost, Submitted, Submitting
from controller.settling import settle_build
from experiments.cycling_metrics import Intake
from experiments.errors import HomeInUse, Invalid, Rejected, Unsafe
from experiments.observation import FailureKind
from instruments.coating_plan import coating_plan
from instruments.lab_simulator.faults import KINDS
from simulators.cell.sizing import size_cell
from tests.controller.build_doubles import Book, person
from tests.controller.lab_doubles import (
    LOSS_PER_RATE,
    RESISTANCE_OHM,
    Session,
    make_linear,
    queue,
)
from tests.instruments.running_lab import running_lab

ENERGY = "specific_energy_Wh_per_kg"


@pytest.fixture
def book() -> Book:
    return Book()


def ended(book: Book, n: int = 1):
    return lambda: sum(build.has_ended for build in book.state.builds.values()) == n


def test_an_approved_build_comes_back_as_an_observation_of_its_own_level(book, tmp_path) -> None:
    queue(book, 0.4)
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        asyncio.run(Session(book, lab.address, tmp_path).until(ended(book)))
        assert lab.coatings() == ["b1"]
    build = book.state.builds["b1"]
    (observation,) = book.state.observations.values()
    assert (build.stage, build.n_ok) == ("measured", 2)
    assert observation.job.fidelity == "cell"
    outcomes = {intake.cell: (intake.outcome, intake.message) for intake in build.intakes}
    assert outcomes[3] == ("failed_cell", "internal short")
    assert {outcomes[1][0], outcomes[2][0]} == {"accepted"}
    metric = observation.metrics[ENERGY]
    assert len(metric.samples) == 2
    assert observation.flags[0] == "2 of 3 cells"
    assert observation.flags[1].startswith("thickness 71.4 µm (asked 70.0)")
    assert observation.recipe.positive.thickness_m == pytest.approx(71.4e-6)
    assert fold(book.journal.stored) == book.state


def test_the_value_is_the_energy_at_the_whole_cells_areal_power(book, tmp_path) -> None:
    """The linear cell's energy at a power is known without any of the code under test."""
    queue(book, 0.4)
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        asyncio.run(Session(book, lab.address, tmp_path).until(ended(book)))
    (observation,) = book.state.observations.values()
    request = book.state.builds["b1"].payload.request
    plan = coating_plan(request)
    area_m2, capacity_Ah = plan.sized.whole.coated_area_m2, plan.cell_capacity_Ah
    power_W = 150.0 / whole_area_m2(book.campaign, observation.recipe) * area_m2
    amperes = power_W / 3.5
    for _ in range(50):  # the current whose mean power is the one asked for
        mean_V = 2.6 + 0.75 - RESISTANCE_OHM * amperes
        amperes = power_W / mean_V
    passed_Ah = capacity_Ah - LOSS_PER_RATE * amperes
    whole = size_cell(book.campaign.cell, observation.recipe).whole
    energy_Wh = mean_V * passed_Ah / area_m2 * whole.coated_area_m2
    assert observation.value("energy_Wh") == pytest.approx(energy_Wh, rel=0.01)
    assert observation.value(ENERGY) == pytest.approx(energy_Wh / whole.mass_kg, rel=0.01)


def test_a_process_killed_while_sending_asks_and_does_not_send_again(book, tmp_path) -> None:
    queue(book, 0.4)
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:

        async def killed_after_sending() -> None:
            session = Session(book, lab.address, tmp_path)
            frozen = book.state
            writes = book.write
            book.write = lambda *events: (  # the process dies before it can store the answer
                writes(*events) if isinstance(events[0], Submitting) else None
            )
            await session.dispatcher.round()
            book.write = writes
            assert frozen is not book.state
            await session.link.close()

        asyncio.run(killed_after_sending())
        assert book.state.builds["b1"].stage == "submitting"
        asyncio.run(Session(book, lab.address, tmp_path).until(ended(book)))
        assert lab.coatings() == ["b1"]
    assert book.state.builds["b1"].stage == "measured"


def test_a_lab_that_knows_nothing_of_it_is_a_persons_question(book, tmp_path) -> None:
    queue(book, 0.4)
    book.write(Submitting(build_id="b1", epoch=1))
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:

        def is_asked() -> bool:
            return book.state.builds["b1"].needs_person

        asyncio.run(Session(book, lab.address, tmp_path).until(is_asked))
        assert lab.coatings() == []
        words = "there is no such tray"
        settled = settle_build(book.state, "b1", "not_accepted", person(), now=book.now, text=words)
        book.write(*settled)
        asyncio.run(Session(book, lab.address, tmp_path).until(ended(book)))
        assert lab.coatings() == ["b1"]


OFTEN = ("timeout_after_accept", "error_500_after", "busy_429", "wrong_file")


@pytest.mark.parametrize(
    "kind",
    [*OFTEN, *(pytest.param(one, marks=pytest.mark.slow) for one in KINDS if one not in OFTEN)],
)
def test_faults_on_the_way_build_nothing_twice_and_lose_nothing(book, tmp_path, kind) -> None:
    for n, unit in enumerate((0.2, 0.6), start=1):
        queue(book, unit, n)
    with running_lab(
        tmp_path / "lab", make=make_linear, scale=1e7, rates={kind: 0.2}, seed=5
    ) as lab:
        asked: set[str] = set()

        async def with_a_person() -> None:
            session = Session(book, lab.address, tmp_path)

            def is_done() -> bool:
                for build in book.state.open_builds:
                    if build.needs_person:  # who goes and looks into the lab's own book
                        there = build.build.id in lab.coatings()
                        word = "accepted" if there else "not_accepted"
                        if there and build.build.id in asked:  # a lab that goes on forgetting
                            word = "given_up"
                        asked.add(build.build.id)
                        book.write(
                            *settle_build(book.state, build.build.id, word, person(), now=book.now)
                        )
                return ended(book, 2)()

            await session.until(is_done, n=800)

        asyncio.run(with_a_person())
        assert sorted(lab.coatings()) == ["b1", "b2"]
    stages = {build.stage for build in book.state.builds.values()}
    assert stages <= ({"measured", "failed"} if kind == "amnesia" else {"measured"})
    measured = [build for build in book.state.builds.values() if build.stage == "measured"]
    assert {build.n_ok for build in measured} <= {2}


def test_what_was_changed_after_the_approval_is_not_sent(book, tmp_path) -> None:
    queue(book, 0.4)
    build = book.state.builds["b1"]
    other = build.payload.request.model_copy(update={"n_cells": 2})
    forged = build.payload.model_copy(update={"request": other})
    changed = dataclasses.replace(build, payload=forged)
    book.state = dataclasses.replace(book.state, builds={"b1": changed})
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        asyncio.run(Session(book, lab.address, tmp_path).until(ended(book)))
        assert lab.coatings() == []
    assert "not what was approved" in book.state.builds["b1"].reason


def test_who_may_no_longer_approve_has_nothing_sent(book, tmp_path) -> None:
    queue(book, 0.4)
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        session = Session(book, lab.address, tmp_path, may_still=lambda person, campaign: False)
        asyncio.run(session.until(ended(book)))
        assert lab.coatings() == []
    (observation,) = book.state.observations.values()
    assert observation.failure.kind is FailureKind.build_failed
    assert observation.failure.message == "not sent: anna may no longer approve here"


def test_a_lab_that_forgot_a_build_it_took_is_a_persons_question(book, tmp_path) -> None:
    queue(book, 0.4)
    book.write(Submitting(build_id="b1", epoch=1))
    book.write(Submitted(build_id="b1"))
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        session = Session(book, lab.address, tmp_path)
        asyncio.run(session.until(lambda: book.state.builds["b1"].needs_person))
    assert any(isinstance(one.event, OutcomeLost) for one in book.journal.stored)


def test_a_lab_that_refuses_to_show_files_stops_nothing_else(book, tmp_path) -> None:
    queue(book, 0.2, 1)
    queue(book, 0.6, 2)
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        session = Session(book, lab.address, tmp_path)
        shown = session.link.instrument.results

        async def refusing(build_id: str):
            if build_id == "b1":
                raise Rejected("these files are not for you", reason="unknown_file")
            return await shown(build_id)

        session.link.instrument.results = refusing
        asyncio.run(session.until(lambda: book.state.builds["b2"].has_ended))
    assert book.state.builds["b1"].stage == "running"
    assert any("not for you" in line for line in session.said)


REFUSALS = (
    Rejected("another interface is in use", reason="invalid"),
    Unsafe("the access token is not this instrument's", reason="no_access"),
    Invalid("people.db: mode 0644"),
)


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("stage", ["outcome_unknown", "submitted"])
def test_a_refusal_that_names_no_unknown_build_settles_nothing(
    book, tmp_path, stage, refusal
) -> None:
    queue(book, 0.4)
    book.write(Submitting(build_id="b1", epoch=1))
    lost = OutcomeLost(build_id="b1", reason="no answer")
    book.write(lost if stage == "outcome_unknown" else Submitted(build_id="b1"))

    async def refusing(build_id: str):
        raise refusal

    async def one_round() -> list[str]:
        session = Session(book, "http://127.0.0.1:9", tmp_path)
        session.link.instrument.status = refusing
        await session.dispatcher.round()
        await session.link.close()
        return session.said

    said = asyncio.run(one_round())
    build = book.state.builds["b1"]
    assert (build.stage, build.needs_person) == (stage, False)
    assert f"b1: {refusal.message}" in said


def test_a_home_that_another_process_took_ends_the_rounds(book, tmp_path) -> None:
    queue(book, 0.4)
    book.write(Submitting(build_id="b1", epoch=1))

    async def one_round() -> None:
        session = Session(book, "http://127.0.0.1:9", tmp_path)

        def taken(*_: object) -> None:
            raise HomeInUse("another control process took the home over")

        book.write = taken
        try:
            await session.dispatcher.round()
        finally:
            await session.link.close()

    with pytest.raises(HomeInUse):
        asyncio.run(one_round())


@pytest.mark.parametrize("call", ["submit", "status", "results"])
def test_what_the_lab_answers_after_an_abort_is_not_stored(book, tmp_path, call) -> None:
    queue(book, 0.4)
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:

        async def aborted_meanwhile() -> list[str]:
            session = Session(book, lab.address, tmp_path)
            asked = getattr(session.link.instrument, call)

            async def slowly(*args: object):
                answer = await asked(*args)
                if not book.state.is_aborted:
                    book.write(Aborted(by="anna", reason="smoke"))
                return answer

            setattr(session.link.instrument, call, slowly)
            for _ in range(20):
                await session.dispatcher.round()
                await asyncio.sleep(0.02)
            await session.link.close()
            return session.said

        said = asyncio.run(aborted_meanwhile())
    build = book.state.builds["b1"]
    assert (build.stage, build.reason) == ("failed", "aborted by anna: smoke")
    assert any("is not stored" in line for line in said)


def refused_once(book: Book, folder, refusal: Exception) -> str:
    """Return the stage of a build whose order a lab refuses."""
    queue(book, 0.4)

    async def refusing(order, epoch):
        raise refusal

    with running_lab(folder / "lab") as lab:

        async def one_round() -> None:
            session = Session(book, lab.address, folder)
            session.link.instrument.submit = refusing
            await session.dispatcher.round()
            await session.link.close()

        asyncio.run(one_round())
    return book.state.builds["b1"].stage


STOCK = {"limit": "stock.cells", "found": "3", "allowed": "at most 2"}
THICK = {"limit": "limits.thickness_m", "found": "99 µm", "allowed": "at most 80 µm"}


@pytest.mark.parametrize(
    ("evidence", "stage"),
    [
        ({"refusals": [STOCK]}, "queued"),
        ({"reason": "limits", "refusals": [STOCK]}, "queued"),
        ({"reason": "no_access"}, "queued"),
        ({"reason": "bad_signature"}, "queued"),
        ({"reason": "limits", "refusals": [STOCK, THICK]}, "failed"),
        ({"reason": "limits"}, "failed"),
    ],
)
def test_a_refusal_that_may_pass_leaves_the_build_in_the_outbox(
    book, tmp_path, evidence, stage
) -> None:
    assert refused_once(book, tmp_path, Unsafe("no", **evidence)) == stage
    assert (book.state.builds["b1"].epoch is None) == (stage == "queued")


def test_orders_go_out_one_by_one_against_what_is_left(book, tmp_path) -> None:
    for n, unit in enumerate((0.2, 0.6), start=1):
        queue(book, unit, n)
    with running_lab(tmp_path / "lab") as lab:

        async def one_round() -> list[str]:
            session = Session(book, lab.address, tmp_path)
            whole, sent = session.link.instrument, []
            told, submit = whole.capabilities, whole.submit

            async def left():
                found = await told()
                return found.model_copy(update={"stock": {"cells": 0.0 if sent else 4.0}})

            async def noted(order, epoch):
                sent.append(order.build.id)
                return await submit(order, epoch)

            whole.capabilities, whole.submit = left, noted
            await session.dispatcher.round()
            await session.link.close()
            return sent

        assert asyncio.run(one_round()) == ["b1"]
    assert [build.stage for build in book.state.builds.values()] == ["submitted", "queued"]


def test_a_file_that_was_kept_back_does_not_stand_in_for_its_cell(book, tmp_path) -> None:
    """The first cell's file came once unreadable; the good one is waited for and counts."""
    queue(book, 0.4)
    bad = Intake(
        sha256="0" * 64,
        name="b1-cell1.mpt",
        build_id="b1",
        cell=1,
        outcome="quarantined",
        reason="unreadable",
    )
    book.write(FileTaken(build_id="b1", intake=bad))
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        session = Session(book, lab.address, tmp_path)
        shown = session.link.instrument.results
        n_asked = 0

        async def late(build_id: str):
            nonlocal n_asked
            n_asked += 1
            return tuple(one for one in await shown(build_id) if one.cell != 1 or n_asked > 10)

        session.link.instrument.results = late
        asyncio.run(session.until(ended(book)))
    assert book.state.builds["b1"].n_ok == 2
