"""An edit is held to what the instrument can make, at once and whichever way it came."""

from __future__ import annotations

from typing import Any

import pytest

from controller.build_orders import Edit, Occasion, TryEdit, events_of
from controller.obey import obey
from experiments.capabilities import Capabilities
from experiments.errors import Rejected
from tests.controller.build_doubles import Book, person, reason_of, request_at
from tests.instruments.a_build import CAPABILITIES, protocol_of


@pytest.fixture
def book() -> Book:
    made = Book()
    made.propose(0.4)
    return made


def order(book: Book, kind: Any = Edit, **changes: object) -> Any:
    request = request_at(0.6, **changes)
    digest = book.state.proposals["p1"].proposal.digest
    about = {"campaign": book.campaign.name, "proposal_id": "p1", "digest": digest}
    return kind(**about, request=request, by=person("bo"))


def refusal(book: Book, told: Capabilities | None = CAPABILITIES, **changes: object) -> str:
    at = Occasion(book.now, "b1", told)
    said = []
    for kind in (Edit, TryEdit):
        with pytest.raises(Rejected) as caught:
            events_of(order(book, kind, **changes), book.state, at)
        assert reason_of(caught.value) == "over_limits"
        said.append(caught.value.message)
    assert said[0] == said[1]
    return said[0]


def with_limits(**changes: object) -> Capabilities:
    limits = CAPABILITIES.limits.model_copy(update=changes)
    return CAPABILITIES.model_copy(update={"limits": limits})


def test_every_limit_is_named_with_what_was_asked_and_what_is_allowed(book: Book) -> None:
    recipe = request_at(0.6).recipe
    thick = recipe.positive.model_copy(update={"thickness_m": 160e-6})
    told = refusal(book, recipe=recipe.model_copy(update={"positive": thick}))
    assert told.startswith("bench cannot make it: ")
    assert "limits.thickness_m: 160 µm; allowed: 30 to 150 µm" in told
    dense = recipe.positive.model_copy(update={"porosity": 0.15})
    told = refusal(book, recipe=recipe.model_copy(update={"positive": dense}))
    assert "limits.porosity: 0.15; allowed: 0.2 to 0.6" in told
    assert "limits.voltage_V: 4.4 V" in refusal(book, protocol=protocol_of(maximum_V=4.4))
    assert "max_cells: 9 cells; allowed: at most 8 cells" in refusal(book, n_cells=9)


def test_loading_and_stock_are_held_to_as_they_follow_from_the_recipe(book: Book) -> None:
    thin = CAPABILITIES.limits.loading_kg_per_m2.model_copy(update={"max": 0.06})
    assert "limits.loading_kg_per_m2" in refusal(book, with_limits(loading_kg_per_m2=thin))
    short = CAPABILITIES.model_copy(update={"stock": {"NMC811": 1e-6, "cells": 2.0}})
    told = refusal(book, short)
    assert "stock.NMC811" in told
    assert "stock.cells" in told


def test_an_edit_within_the_limits_keeps_what_the_instrument_told(book: Book) -> None:
    ((edited,), _, _) = events_of(order(book), book.state, Occasion(book.now, "b1", CAPABILITIES))
    assert edited.proposal.told == CAPABILITIES


def test_what_it_told_before_counts_while_it_does_not_answer(book: Book) -> None:
    book.write(*events_of(order(book), book.state, Occasion(book.now, "b1", CAPABILITIES))[0])
    assert "max_cells" in refusal(book, None, n_cells=9)


def test_where_it_never_told_anything_the_edit_waits_for_the_check_before_sending(
    book: Book,
) -> None:
    ((edited,), _, _) = events_of(order(book, n_cells=9), book.state, Occasion(book.now, "b1"))
    assert edited.proposal.told is None


def test_an_edit_that_is_only_tried_stores_nothing_and_shows_everything(book: Book) -> None:
    at = Occasion(book.now, "b1", CAPABILITIES, unscored="compute is not ready yet")
    found = obey(order(book, TryEdit), book.state, "root", has_session=True, at=at)
    assert found.events == ()
    assert found.proposal is not None
    assert found.proposal.version == 2
    assert found.proposal.told == CAPABILITIES
    assert "cannot be scored now: compute is not ready yet" in found.words
    assert "nothing is stored" in found.words
