"""A build as a folder: files under their hash, the protocol twice, a crate that names all."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from controller.build_crate import export_build
from controller.build_history import build_history
from experiments.errors import Invalid
from instruments.results.parser import Parser
from instruments.spool import Spool
from tests.controller.build_doubles import Book
from tests.controller.lab_doubles import Session, linear_cell, make_linear, queue
from tests.instruments.running_lab import running_lab

NOW = datetime(2026, 3, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, Spool]:
    """Return a campaign with one measured build of three cells, one of them dead."""
    folder = tmp_path_factory.mktemp("crate")
    book = Book()
    queue(book, 0.4, 1)
    with running_lab(folder / "lab", make=make_linear, scale=1e7) as lab:
        session = Session(book, lab.address, folder)
        asyncio.run(session.until(lambda: book.state.builds["b1"].has_ended))
    return book, Spool(folder / "spool")


def written(book: Book, spool: Spool, folder: Path) -> dict[str, dict]:
    """Return the crate's entities by id."""
    history = build_history(book.state, book.journal.stored, "b1")
    with Parser() as parser:
        export_build(
            book.state, history, folder,
            find=spool.find, read=lambda path: parser.read(path).record, now=NOW,
        )  # fmt: skip
    crate = json.loads((folder / "ro-crate-metadata.json").read_text())
    return {one["@id"]: one for one in crate["@graph"]}


def test_a_build_is_written_whole_and_every_file_is_what_the_crate_says(measured, tmp_path: Path):
    book, spool = measured
    entities = written(book, spool, tmp_path)
    parts = [one["@id"] for one in entities["./"]["hasPart"]]
    found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert found == {*parts, "ro-crate-metadata.json"}
    for part in parts:
        content = (tmp_path / part).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entities[part]["sha256"]
    delivered = {one.sha256 for one in book.state.builds["b1"].intakes}
    assert {Path(part).stem for part in parts if part.startswith("files/")} == delivered
    assert len([part for part in parts if part.startswith("cells/cell-")]) == 3


def test_the_decision_stands_there_with_its_person_and_digest(measured, tmp_path: Path):
    book, spool = measured
    entities = written(book, spool, tmp_path)
    (approval,) = [one for one in entities.values() if one["@type"] == "AuthorizeAction"]
    assert entities[approval["agent"]["@id"]]["name"] == "anna"
    assert approval["identifier"] == book.state.proposals["p1"].proposal.digest
    assert entities["#build"]["identifier"] == book.state.builds["b1"].build.payload_sha256


def test_the_protocol_is_there_in_the_terms_of_battinfo(measured, tmp_path: Path):
    book, spool = measured
    written(book, spool, tmp_path)
    linked = json.loads((tmp_path / "protocol.battinfo.jsonld").read_text())
    assert "battery" in json.dumps(linked["@context"]).lower()
    assert "Charging" in json.dumps(linked)


def test_the_battery_data_format_holds_what_the_cycler_recorded(measured, tmp_path: Path):
    book, spool = measured
    written(book, spool, tmp_path)
    (path,) = (tmp_path / "cells").glob("cell-1-*.bdf.parquet")
    with Parser() as parser:
        record = parser.read(path).record
    asked = linear_cell(book.state.builds["b1"].payload, "b1-cell1")
    assert record.n_rows == asked.n_rows
    np.testing.assert_allclose(record.voltage_V, asked.voltage_V, atol=1e-6)
    np.testing.assert_allclose(record.current_A, asked.current_A, atol=1e-9)


def test_a_file_that_the_adapter_lost_is_left_to_the_history(measured, tmp_path: Path):
    book, _ = measured
    written(book, Spool(tmp_path / "empty"), tmp_path / "out")
    assert not (tmp_path / "out" / "files").exists()
    history = json.loads((tmp_path / "out" / "history.json").read_text())
    assert len(history["files"]) == 3


def test_a_folder_that_cannot_be_written_is_named(measured, tmp_path: Path):
    book, spool = measured
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(Invalid, match="taken"):
        written(book, spool, tmp_path / "taken")
