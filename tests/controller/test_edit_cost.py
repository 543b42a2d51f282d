"""An edited build is counted, priced and held to the budget by its own cells."""

from __future__ import annotations

import pytest

from controller.budget import allowance, lab_used
from controller.build_orders import Decide, Edit, Occasion, events_of
from controller.results import currency_used
from experiments.budget import Budget
from experiments.errors import Rejected
from tests.controller.build_doubles import Book, building_campaign, person, reason_of, request_at

EVALUATIONS = {"coarse": 6, "fine": 3, "cell": 9}


@pytest.fixture
def book() -> Book:
    made = Book(building_campaign(budget=Budget(evaluations=EVALUATIONS, cells=9)))
    made.propose(0.4)
    return made


def edit(book: Book, n_cells: int, unit: float = 0.4) -> None:
    about = {"campaign": book.campaign.name, "proposal_id": "p1"}
    digest = book.state.proposals["p1"].proposal.digest
    request = request_at(unit, book.campaign, n_cells=n_cells)
    order = Edit(**about, digest=digest, request=request, by=person("bo"))
    book.write(*events_of(order, book.state, Occasion(book.now, "b1"))[0])


def approve(book: Book) -> None:
    about = {"campaign": book.campaign.name, "proposal_id": "p1", "verdict": "approved"}
    digest = book.state.proposals["p1"].proposal.digest
    order = Decide(**about, digest=digest, by=person("anna"))
    book.write(*events_of(order, book.state, Occasion(book.now, "b1"))[0])


def test_more_cells_cost_more_and_are_what_counts(book: Book) -> None:
    edit(book, 6)
    proposal = book.state.proposals["p1"].proposal
    assert (proposal.cost_EUR, proposal.channel_days) == (180.0, 12.0)
    assert allowance(book.state).left()["cell"] == 1
    approve(book)
    assert lab_used(book.state, "cells") == 6
    assert currency_used(book.state, "cells") == 6
    assert lab_used(book.state, "money_EUR") == 180.0
    assert allowance(book.state).left()["cell"] == 1


@pytest.mark.parametrize(("n_others", "most"), [(0, 9), (1, 6), (2, 3)])
def test_an_edit_takes_no_more_than_the_others_leave(book: Book, n_others: int, most: int) -> None:
    for number in range(n_others):
        book.propose(0.6 + 0.1 * number, f"p{number + 2}")
    with pytest.raises(Rejected, match=rf"p1 with {most + 1} cells takes .*; {most} of 9") as error:
        edit(book, most + 1)
    assert reason_of(error.value) == "over_budget"
    if most > 3:
        edit(book, most)
        assert book.state.proposals["p1"].proposal.request.n_cells == most


@pytest.mark.parametrize("budget", [{"money_EUR": 100.0}, {"channel_days": 7.0}])
def test_money_and_channels_hold_an_edit_too(budget: dict[str, float]) -> None:
    book = Book(building_campaign(budget=Budget(evaluations=EVALUATIONS, **budget)))
    book.propose(0.4)
    with pytest.raises(Rejected, match="are left"):
        edit(book, 4)
    edit(book, 2)
    assert book.state.proposals["p1"].proposal.cost_EUR == 60.0


def test_where_nothing_is_limited_an_edit_is_only_priced() -> None:
    book = Book(building_campaign(budget=Budget(evaluations=EVALUATIONS)))
    book.propose(0.4)
    edit(book, 96)
    assert book.state.proposals["p1"].proposal.cost_EUR == 2880.0
