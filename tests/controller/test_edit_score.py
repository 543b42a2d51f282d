"""What an edit gives up is said by the model that proposed it, or not at all."""

from __future__ import annotations

import math

import pytest

from controller.build_orders import Edit, Occasion, events_of
from controller.decisions import edit_proposal
from controller.edit_score import UNKNOWN, given_up_words
from controller.proposal_events import Proposed
from experiments.proposal import Proposal
from experiments.ranking import Candidate, Prediction, Scores
from tests.controller.build_doubles import Book, job_at, person, proposal_at, request_at

KEY = "specific_energy_Wh_per_kg"


def candidate(unit: float, score: float, mean: float) -> Candidate:
    return Candidate(
        design=job_at(unit).design,
        fidelity="cell",
        score=score,
        predicted={KEY: Prediction(mean=mean, sd=4, low=mean - 8, high=mean + 8)},
        success_probability=0.9,
        beats_incumbent=0.4,
        is_inside_data=False,
        reason="likeliest to improve",
    )


def scores(**changes: object) -> Scores:
    values: dict[str, object] = {
        "position": 1,
        "decider": "cellwright",
        "decider_version": "4",
        "n_observed": 12,
        "measured_in": "log of the expected improvement",
        "is_log_gain": True,
        "candidates": (candidate(0.4, -1.0, 200.0), candidate(0.6, -1.0 - math.log(4), 190.0)),
    }
    return Scores.model_validate({**values, **changes})


@pytest.fixture
def book() -> Book:
    made = Book()
    plain = proposal_at(0.4)
    request = plain.request.model_copy(update={"model_version": "cellwright 4"})
    update = {"request": request, "digest": request.digest}
    made.write(Proposed(proposal=plain.model_copy(update=update)))
    return made


def edit(book: Book, unit: float = 0.6, n_cells: int = 3, **at: object) -> Proposal:
    before = book.state.proposals["p1"].proposal
    request = request_at(unit, n_cells=n_cells, model_version="cellwright 4")
    about = {"campaign": book.campaign.name, "proposal_id": "p1", "digest": before.digest}
    order = Edit(**about, request=request, by=person("bo"))
    book.write(*events_of(order, book.state, Occasion(book.now, "b1")._replace(**at))[0])
    return book.state.proposals["p1"].proposal


def test_predictions_and_what_is_given_up_are_kept_with_the_version(book: Book) -> None:
    found = edit(book, scores=scores())
    assert found.predicted[KEY].mean == 190.0
    assert (found.beats_incumbent, found.is_inside_data) == (0.4, False)
    assert found.rescored is not None
    assert found.rescored.given_up == pytest.approx(math.log(4))
    assert found.rescored.n_observed == 12
    assert found.asked_for == job_at(0.4).design
    assert not found.unscored
    words = given_up_words(found)
    assert words.startswith("gives up 75% of the gain expected")
    assert "cellwright 4" in words


def test_a_better_design_gives_up_nothing(book: Book) -> None:
    better = (candidate(0.4, -2.0, 200.0), candidate(0.6, -1.5, 204.0))
    assert "no less than" in given_up_words(edit(book, scores=scores(candidates=better)))


def test_scores_that_are_no_logarithms_of_a_gain_are_told_as_they_are(book: Book) -> None:
    found = scores(is_log_gain=False, measured_in="posterior mean in units of their spread")
    words = given_up_words(edit(book, scores=found))
    assert words.startswith("scores −1.39 against what was proposed")
    assert "%" not in words


def test_without_the_decider_nothing_is_claimed_and_it_is_said_why(book: Book) -> None:
    found = edit(book, unscored="compute is not ready yet")
    assert (found.predicted, found.beats_incumbent, found.rescored) == ({}, None, None)
    assert given_up_words(found) == "cannot be scored now: compute is not ready yet"
    again = edit(book, 0.7)
    assert again.unscored == "nobody works on the campaign now"


def test_another_decider_or_version_than_the_digest_names_is_not_believed(book: Book) -> None:
    found = edit(book, scores=scores(decider_version="5"))
    assert found.rescored is None
    assert found.predicted == {}
    assert found.unscored == "cellwright 4 proposed it, and cellwright 5 would answer now"


def test_scores_of_another_design_are_not_believed(book: Book) -> None:
    found = edit(book, 0.7, scores=scores())
    assert found.rescored is None
    assert found.predicted == {}


@pytest.mark.parametrize("n", [0, 1, 3])
def test_an_answer_about_another_number_of_designs_is_not_believed(book: Book, n: int) -> None:
    one = candidate(0.6, -1.0, 190.0)
    found = edit(book, scores=scores(candidates=(one,) * n))
    assert (found.rescored, found.predicted) == (None, {})
    assert found.unscored == f"the decider answered about {n} designs instead of 2"


def test_more_cells_of_the_same_design_keep_what_was_predicted(book: Book) -> None:
    before = book.state.proposals["p1"].proposal
    found = edit(book, 0.4, n_cells=4)
    assert found.predicted == before.predicted
    assert given_up_words(found) == ""


def test_a_second_edit_is_held_against_what_the_decider_asked_for_first(book: Book) -> None:
    edit(book, scores=scores())
    third = (candidate(0.4, -1.0, 200.0), candidate(0.7, -1.5, 198.0))
    found = edit(book, 0.7, scores=scores(candidates=third))
    assert found.version == 3
    assert found.asked_for == job_at(0.4).design
    assert found.rescored is not None
    assert found.rescored.given_up == pytest.approx(0.5)


def without_what_was_asked_for(book: Book) -> None:
    """Edit as an earlier version did, which kept nothing of what the decider asked for."""
    before = book.state.proposals["p1"].proposal
    request = request_at(0.5, model_version="cellwright 4")
    (edited,) = edit_proposal(book.state, "p1", before.digest, request, person("bo"), now=book.now)
    kept = edited.proposal.model_copy(update={"asked_for": None})
    book.write(edited.model_copy(update={"proposal": kept}))


def test_a_person_s_version_is_never_taken_for_what_the_decider_asked_for(book: Book) -> None:
    without_what_was_asked_for(book)
    assert given_up_words(book.state.proposals["p1"].proposal).startswith(UNKNOWN)
    third = (candidate(0.5, -1.0, 200.0), candidate(0.7, -1.5, 198.0))
    found = edit(book, 0.7, scores=scores(candidates=third))
    assert (found.version, found.asked_for, found.rescored) == (3, None, None)
    assert found.predicted[KEY].mean == 198.0  # which holds whatever was asked for
    assert given_up_words(found) == UNKNOWN
    again = edit(book, 0.8, unscored="compute is not ready yet")
    assert given_up_words(again) == f"{UNKNOWN}; cannot be scored now: compute is not ready yet"
