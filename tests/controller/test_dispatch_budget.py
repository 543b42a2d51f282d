"""What an approval rested on is asked again before anything is sent: here, the budget."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.decisions import decide_proposal
from controller.dispatch_budget import over_budget
from controller.events import Dispatched
from controller.lab_link import LabLink
from controller.proposal_events import Submitting
from controller.state import State
from experiments.budget import Budget
from experiments.job import new_job
from tests.controller.build_doubles import Book, building_campaign, job_at, person
from tests.instruments.a_build import CAPABILITIES

INSTRUMENT: Any = None
"""Nothing here is sent."""
COUNTS = {"coarse": 6, "fine": 3, "cell": 4}


@pytest.fixture
def book() -> Book:
    """Return a campaign with one build that was sent and one that waits."""
    made = Book()
    two_builds(made)
    return made


def two_builds(made: Book) -> None:
    for n, unit in enumerate((0.3, 0.6), start=1):
        proposal = made.propose(unit, f"p{n}")
        about = (made.state, proposal.id, proposal.digest, "approved", person("anna"))
        made.write(*decide_proposal(*about, now=made.now, build_id=f"b{n}"))
    made.write(Submitting(build_id="b1", epoch=1))


def amended(book: Book, **budget: Any) -> State:
    """Return the state after the campaign's budget was changed."""
    changed = Budget(**{"evaluations": COUNTS, **budget})
    return replace(book.state, campaign=book.campaign.model_copy(update={"budget": changed}))


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"cells": 5}, "it takes 3 cells; 2 of 5 are left by now"),
        ({"money_EUR": 179}, "it takes 90 EUR; 89 of 179 are left by now"),
        ({"channel_days": 11.5}, "it takes 6 channel-days; 5.5 of 11.5 are left by now"),
        ({"evaluations": {**COUNTS, "cell": 1}}, "the budget allows 1 evaluations at cell by now"),
    ],
)
def test_a_build_beyond_a_budget_that_was_lowered_waits(
    book: Book, budget: dict[str, Any], said: str
) -> None:
    state = amended(book, **budget)
    found = LabLink(INSTRUMENT, b"s").refusal(state.builds["b2"], state, CAPABILITIES)
    assert found is not None
    assert found.message == said
    assert found.is_passing  # it may be raised again; nothing is lost


@pytest.mark.parametrize("budget", [{"cells": 6}, {"money_EUR": 180}, {"channel_days": 12}, {}])
def test_what_just_fits_is_sent(book: Book, budget: dict[str, Any]) -> None:
    state = amended(book, **budget)
    assert over_budget(state, state.builds["b2"]) is None
    assert LabLink(INSTRUMENT, b"s").refusal(state.builds["b2"], state, CAPABILITIES) is None


def test_a_build_under_way_is_not_counted_against_itself(book: Book) -> None:
    state = amended(book, cells=3)
    assert over_budget(state, state.builds["b1"]) is None


@pytest.fixture
def priced() -> Book:
    """Return the same in a campaign with a total cost: coarse 0.25, fine 0.5, cell 1 each."""
    costs = {"coarse": 0.25, "fine": 0.5, "cell": 1.0}
    plain = building_campaign()
    levels = tuple(one.model_copy(update={"cost": costs[one.name]}) for one in plain.fidelities)
    total = Budget(fine_equivalents=4.0)
    campaign = plain.model_copy(update={"fidelities": levels, "budget": total})
    made = Book(campaign)
    made.write(Dispatched(job=new_job(campaign.name, job_at(0.1).design, "fine", campaign_seed=1)))
    two_builds(made)
    return made


@pytest.mark.parametrize(
    ("total", "said"),
    [
        ({"fine_equivalents": 2.5}, None),
        (
            {"fine_equivalents": 2.4},
            "1.5 of the budget's 2.4 fine equivalents are taken or kept by now",
        ),
        ({"fine_equivalents": 3.0, "at_least": {"coarse": 2}}, None),
        (
            {"fine_equivalents": 2.9, "at_least": {"coarse": 2}},
            "1.5 of the budget's 2.9 fine equivalents are taken or kept by now",
        ),
        ({"fine_equivalents": 2.5, "wall_hours": 1e-9}, None),
    ],
)
def test_a_total_cost_that_was_lowered_holds_too(
    priced: Book, total: dict[str, Any], said: str | None
) -> None:
    changed = priced.campaign.model_copy(update={"budget": Budget(**total)})
    state = replace(priced.state, campaign=changed)
    assert over_budget(state, state.builds["b2"]) == said
