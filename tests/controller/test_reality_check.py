from __future__ import annotations

import pytest

from controller.decisions import decide_proposal
from controller.proposal_events import BuildRunning, Measured, Submitted, Submitting
from controller.reality_check import drift_words, reality_check
from experiments.build_status import AsBuilt
from experiments.observation import Metric, Observation
from tests.controller.build_doubles import Book, person


def measure(book: Book, number: int, unit: float, value: float, thickness_m: float) -> None:
    proposal = book.propose(unit, f"p{number}")
    build_id = f"b{number}"
    events = decide_proposal(
        book.state, proposal.id, proposal.digest, "approved", person(), now=book.now,
        build_id=build_id,
    )  # fmt: skip
    book.write(*events, Submitting(build_id=build_id, epoch=1), Submitted(build_id=build_id))
    book.write(BuildRunning(build_id=build_id))
    observation = Observation(
        job=proposal.job, metrics={"specific_energy_Wh_per_kg": Metric(value=value)}
    )
    built = AsBuilt(thickness_m=thickness_m, porosity=0.31)
    book.write(Measured(build_id=build_id, observation=observation, as_built=built, n_ok=3))


def test_before_a_build_nothing_is_claimed() -> None:
    found = reality_check(Book().state)
    assert (found.residuals, found.drift, found.line) == ((), None, ())


def test_residuals_are_against_what_was_predicted_before_the_build() -> None:
    book = Book()
    measure(book, 1, 0.2, 206.0, 71.4e-6)
    measure(book, 2, 0.6, 210.0, 72.8e-6)
    found = reality_check(book.state)
    assert [one.is_inside for one in found.residuals] == [True, False]
    assert [one.standardised for one in found.residuals] == [1.5, 2.5]
    assert (found.n_inside, found.n_with_interval) == (1, 2)
    assert found.mean_residual == pytest.approx(8.0)
    thickness = found.line[0]
    assert (thickness.quantity, thickness.n) == ("thickness", 2)
    assert 0.0 < thickness.bias < 0.03  # between as asked and the mean of two


@pytest.mark.parametrize(
    ("standardised", "is_alarmed"),
    [
        ([3.0, 3.0, 3.0], False),
        ([1.0, -1.0, 1.2, -0.8, 0.5], False),
        ([1.5, 1.2, 1.6, 1.4], True),
        ([-1.5, -1.2, -1.6, -1.4], True),
        ([4.0, 4.0, 0.1, -0.2, 0.3, -0.1, 0.2], False),
    ],
)
def test_the_alarm_needs_several_recent_builds_on_one_side(
    standardised: list[float], is_alarmed: bool
) -> None:
    assert (drift_words(standardised) is not None) is is_alarmed
