"""One document tells a build from its proposal to its observation, and nothing of other builds."""

from __future__ import annotations

import asyncio

import pytest

from controller.build_history import build_history
from experiments.errors import Invalid
from tests.controller.build_doubles import Book
from tests.controller.lab_doubles import Session, make_linear, queue
from tests.instruments.running_lab import running_lab


def test_a_build_is_told_from_its_proposal_to_its_observation(tmp_path) -> None:
    book = Book()
    queue(book, 0.2, 1)
    queue(book, 0.6, 2)
    with running_lab(tmp_path / "lab", make=make_linear, scale=1e7) as lab:
        session = Session(book, lab.address, tmp_path)
        asyncio.run(session.until(lambda: all(b.has_ended for b in book.state.builds.values())))
    found = build_history(book.state, book.journal.stored, "b2")
    kinds = [entry.event["kind"] for entry in found.history]
    assert kinds[:3] == ["proposed", "decided", "build_queued"]
    assert kinds[3:5] == ["submitting", "submitted"]
    assert kinds.count("file_taken") == 3
    assert kinds[-1] == "measured"
    assert [entry.position for entry in found.history] == sorted(e.position for e in found.history)
    build = book.state.builds["b2"]
    assert (found.proposal_id, found.payload_sha256) == ("p2", build.payload.sha256)
    assert {file["sha256"] for file in found.files} == {one.sha256 for one in build.intakes}
    assert found.observation == book.state.observations[build.job_id].model_dump(mode="json")
    text = found.model_dump_json()
    assert '"b1"' not in text
    assert '"p1"' not in text


def test_a_build_nobody_knows_is_named_with_those_there_are() -> None:
    book = Book()
    queue(book, 0.2, 1)
    with pytest.raises(Invalid, match="has no build 'b9'; it has: b1"):
        build_history(book.state, book.journal.stored, "b9")
    assert build_history(book.state, book.journal.stored, "b1").observation is None
