"""What a lab delivers is a build's result only where nothing speaks against it; else a person's."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from controller.fold import fold
from controller.needs_you import needs_you
from controller.pending_document import pending_document
from controller.proposing import waiting_words
from controller.settling import settle_build
from experiments.build import BuildPayload
from experiments.build_status import AsBuilt
from experiments.errors import Rejected
from instruments.coating_plan import coating_plan
from instruments.lab_simulator.physics import MadeBuild
from tests.controller.build_doubles import Book, person
from tests.controller.lab_doubles import Session, make_linear, queue
from tests.instruments.running_lab import running_lab


@pytest.fixture
def book() -> Book:
    return Book()


async def make_odd(build_id: str, payload: BuildPayload) -> MadeBuild:
    """Measure the thickness ten times too large: a slip of the decimal point."""
    made = await make_linear(build_id, payload)
    slipped = AsBuilt(thickness_m=10.0 * payload.request.recipe.positive.thickness_m)
    return dataclasses.replace(made, coating=slipped)


async def make_light(build_id: str, payload: BuildPayload) -> MadeBuild:
    """Weigh a coating three times too light."""
    made = await make_linear(build_id, payload)
    loading_kg_per_m2 = coating_plan(payload.request).loading_kg_per_m2 / 3.0
    return dataclasses.replace(made, coating=AsBuilt(loading_kg_per_m2=loading_kg_per_m2))


async def make_broken(build_id: str, payload: BuildPayload) -> MadeBuild:
    """Make cells of which the first one's file is no table."""
    made = await make_linear(build_id, payload)
    broken = dataclasses.replace(made.files[0], content=b"\x00\x01 no table" * 40)
    return dataclasses.replace(made, files=(broken, *made.files[1:]))


def in_doubt(book: Book, build_id: str = "b1"):
    return lambda: book.state.builds[build_id].needs_person


def ended(book: Book, build_id: str = "b1"):
    return lambda: book.state.builds[build_id].has_ended


@pytest.mark.parametrize(("make", "word"), [(make_odd, "thickness"), (make_light, "loading")])
def test_a_coating_that_is_hardly_what_was_asked_waits_for_a_person(
    book, tmp_path, make, word
) -> None:
    queue(book, 0.4)
    with running_lab(tmp_path / "lab", make=make, scale=1e7) as lab:
        asyncio.run(Session(book, lab.address, tmp_path).until(in_doubt(book)))
        build = book.state.builds["b1"]
        assert build.stage == "running"
        assert build.reason.startswith(word)
        assert not book.state.observations
        with pytest.raises(Rejected, match="takes what is there"):
            settle_build(book.state, "b1", "not_accepted", person(), now=book.now)
        book.write(*settle_build(book.state, "b1", "given_up", person(), now=book.now))
    assert book.state.builds["b1"].stage == "failed"
    assert fold(book.journal.stored) == book.state


def test_a_quarantined_file_is_a_persons_question_and_never_an_end(book, tmp_path) -> None:
    queue(book, 0.4)
    with running_lab(tmp_path / "lab", make=make_broken, scale=1e7) as lab:
        asyncio.run(Session(book, lab.address, tmp_path).until(in_doubt(book)))
    build = book.state.builds["b1"]
    assert (build.stage, build.has_ended) == ("running", False)
    assert "no file that counts for cell 1" in build.reason
    assert "kept back (unreadable)" in build.reason
    standing = pending_document(book.state).builds[0]
    assert (standing.needs_person, standing.reason) == (True, build.reason)
    (waiting,) = needs_you([book.state], person(), book.now)
    assert waiting.words == f"the result of build b1 is in doubt: {build.reason}"
    assert "the result of b1 is in doubt" in waiting_words(book.state)
    events = len(book.journal.stored)
    with running_lab(tmp_path / "lab", make=make_broken, scale=1e7) as lab:
        again = Session(book, lab.address, tmp_path)
        asyncio.run(again.until(lambda: len(again.said) > 0))
    assert len(book.journal.stored) == events  # asked once, however long it takes


def test_the_right_file_put_in_place_ends_the_doubt_by_itself(book, tmp_path) -> None:
    queue(book, 0.4)
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        asyncio.run(without_the_first(book, lab.address, tmp_path).until(in_doubt(book)))
        asyncio.run(Session(book, lab.address, tmp_path).until(ended(book)))
    build = book.state.builds["b1"]
    assert (build.stage, build.n_ok, build.needs_person) == ("measured", 2, False)


def test_what_there_is_counts_once_a_person_has_said_so(book, tmp_path) -> None:
    queue(book, 0.4)
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        asyncio.run(without_the_first(book, lab.address, tmp_path).until(in_doubt(book)))
        assert book.state.builds["b1"].reason == "no file that counts for cell 1"
        assert not book.state.observations
        book.write(*settle_build(book.state, "b1", "accepted", person(), now=book.now))
        asyncio.run(without_the_first(book, lab.address, tmp_path).until(ended(book)))
    assert (book.state.builds["b1"].stage, book.state.builds["b1"].n_ok) == ("measured", 1)
    assert fold(book.journal.stored) == book.state


def without_the_first(book: Book, address: str, folder) -> Session:
    """Return a session that the lab never shows the first cell's file."""
    session = Session(book, address, folder)
    shown = session.link.instrument.results

    async def fewer(build_id: str):
        return tuple(one for one in await shown(build_id) if one.cell != 1)

    session.link.instrument.results = fewer
    return session
