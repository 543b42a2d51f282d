"""The siege's own parts: its harms are found out for their reasons, and its verdict sees faults."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sqlite3
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from controller.fold import fold
from experiments.build import BuildPayload, DecisionReference
from instruments.results.parser import Parser
from tests.benchmarks.siege.cells import HARMS, SLIP, TEMPLATE, Template, harmed, read_template
from tests.benchmarks.siege.person import Attendant
from tests.benchmarks.siege.verdict import Verdict, verdict_on
from tests.controller.build_doubles import Book
from tests.controller.lab_doubles import Session, make_linear, queue
from tests.instruments.running_lab import running_lab


@pytest.fixture(scope="module")
def parser():
    with Parser() as parser:
        yield parser


@pytest.fixture(scope="module")
def template(parser) -> Template:
    """Return cells that answer the protocol exactly; the third is dead."""
    book = Book()
    queue(book, 0.4)
    request = book.state.builds["b1"].payload.request
    decision = DecisionReference(proposal_id="p1", digest=request.digest, person="policy")
    payload = BuildPayload(request=request, decision=decision)
    made = asyncio.run(make_linear(TEMPLATE, payload))
    return Template(payload, made, read_template(made, payload, parser))


@pytest.mark.parametrize("harm", HARMS)
def test_every_harm_is_kept_back_for_its_own_reason(template, parser, harm) -> None:
    (found, _, _) = read_template(harmed(template.made, 1, harm), template.payload, parser)
    assert found.outcome == "quarantined"
    assert found.reason in HARMS[harm][0]
    assert found.message


def test_a_slip_of_the_unit_is_a_thickness_ten_times_too_large(template) -> None:
    coating = harmed(template.made, 0, SLIP).coating
    assert coating.thickness_m == pytest.approx(10 * template.made.coating.thickness_m)


@pytest.fixture(scope="module")
def ended(template, tmp_path_factory) -> tuple[Book, Path]:
    """Return a build that came through a real lab, and the lab's folder."""
    folder, book = tmp_path_factory.mktemp("run"), Book()
    queue(book, 0.4)
    with running_lab(folder / "lab", make=make_linear, scale=1e7) as lab:
        session = Session(book, lab.address, folder)
        asyncio.run(session.until(lambda: book.state.builds["b1"].has_ended))
    return book, folder


def judged(ended, template, change=lambda book, state: state, harm: str = "") -> Verdict:
    book, folder = ended
    templates = {template.payload.request.digest: template}
    person = Attendant(folder, templates, Random(1), {})
    return verdict_on(change(book, fold(book.journal.stored)), folder, templates, person, harm)


def test_a_run_in_which_nothing_went_wrong_is_clean(ended, template) -> None:
    found = judged(ended, template)
    assert (found.is_clean, found.n_builds, found.n_measured) == (True, 1, 1), found


def test_a_wrong_value_a_lost_build_and_a_missing_reason_are_seen(ended, template) -> None:
    def other_value(book, state):
        (job_id,) = state.observations
        metrics = dict(state.observations[job_id].metrics)
        name = "energy_Wh"
        metrics[name] = metrics[name].model_copy(update={"value": metrics[name].value + 1e-9})
        changed = state.observations[job_id].model_copy(update={"metrics": metrics})
        return dataclasses.replace(state, observations={job_id: changed})

    def still_running(book, state):
        builds = {"b1": dataclasses.replace(state.builds["b1"], stage="running")}
        return dataclasses.replace(state, builds=builds)

    def unreasoned(book, state):
        build = state.builds["b1"]
        intakes = (build.intakes[0].model_copy(update={"outcome": "quarantined"}), *build.intakes)
        return dataclasses.replace(
            state, builds={"b1": dataclasses.replace(build, intakes=intakes)}
        )

    assert judged(ended, template, other_value).bad_rows
    assert judged(ended, template, still_running).lost
    assert judged(ended, template, unreasoned).unreasoned


def test_a_second_coating_of_a_build_is_seen(ended, template, tmp_path) -> None:
    _, folder = ended
    with sqlite3.connect(folder / "lab" / "ledger.sqlite") as ledger:
        ledger.execute(
            "INSERT INTO coatings (build_id, payload_sha256, person, epoch, at_s)"
            " SELECT build_id, payload_sha256, person, epoch, at_s FROM coatings LIMIT 1"
        )
    try:
        assert judged(ended, template).twice
    finally:
        with sqlite3.connect(folder / "lab" / "ledger.sqlite") as ledger:
            ledger.execute("DELETE FROM coatings WHERE number > 1")


@pytest.mark.slow
def test_a_few_campaigns_stand_the_siege(tmp_path) -> None:
    from tests.benchmarks import lab_siege

    options = lab_siege.argparse.Namespace(
        results=tmp_path / "runs.jsonl", runs=1, at_once=2, keep=None,
        kinds="timeout_after_accept,amnesia,wrong_file,connection_reset",
    )  # fmt: skip
    child = os.fork()
    if child == 0:  # the siege forks from a process without threads
        lab_siege.main(options)
        os._exit(0)
    os.waitpid(child, 0)
    lines = [lab_siege.json.loads(line) for line in options.results.read_text().splitlines()]
    assert Counter(line["is_clean"] for line in lines) == {True: 4}, lines
