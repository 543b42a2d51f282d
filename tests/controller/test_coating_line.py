"""The line's bias and scatter are learned from builds, with how well they are known."""

from __future__ import annotations

import math
from random import Random

import pytest

from controller.approval_view import why_lines
from controller.coating_line import PRIOR_BIAS_SD, coating_line, learned, line_words
from controller.pending_document import pending_document
from tests.controller.build_doubles import Book
from tests.controller.test_reality_check import measure


def test_a_planted_bias_and_scatter_are_found_and_covered() -> None:
    """200 lines of 8 builds each: the 95% interval of the bias holds the truth about as often."""
    dice, inside, next_inside = Random(3), 0, 0
    for _ in range(200):
        bias, scatter = dice.gauss(0.0, PRIOR_BIAS_SD["thickness"]), 0.03
        found = learned("thickness", [dice.gauss(bias, scatter) for _ in range(8)])
        inside += abs(found.bias - bias) < 1.96 * found.bias_sd
        next_inside += abs(dice.gauss(bias, scatter) - found.bias) < 1.96 * found.sd
    assert 180 <= inside <= 199
    assert 178 <= next_inside <= 199


def test_one_build_moves_the_expectation_and_makes_nothing_certain() -> None:
    one, many = learned("thickness", [0.04]), learned("thickness", [0.04] * 30)
    assert 0.0 < one.bias < 0.04
    assert many.bias == pytest.approx(0.04, abs=0.002)
    assert many.bias_sd < one.bias_sd / 3.0
    assert many.scatter < one.scatter


def test_asking_for_what_it_says_is_expected_to_give_what_is_wanted() -> None:
    for found, wanted in (
        (learned("thickness", [0.05, 0.06, 0.05]), 70e-6),
        (learned("porosity", [-0.02, -0.03, -0.02]), 0.3),
    ):
        mean, sd = found.expected(found.to_get(wanted))
        assert mean == pytest.approx(wanted)
        assert sd > 0.0


def test_a_proposal_tells_what_will_come_out_and_what_to_ask_for() -> None:
    book = Book()
    book.propose(0.5, "p9")
    (waiting,) = pending_document(book.state).proposals
    assert waiting.comes_out == ()
    for n, unit in enumerate((0.1, 0.2, 0.3, 0.7), start=1):
        measure(book, n, unit, 200.0, 70e-6 * 1.06)
    thickness = coating_line(book.state)[0]
    assert thickness.bias > 4.0 * thickness.bias_sd or thickness.bias > 0.04
    (waiting,) = pending_document(book.state).proposals
    text = next(one for one in waiting.comes_out if one.startswith("thickness"))
    assert "where 70 µm is asked (95%, from 4 builds)" in text
    wanted_um = 1e6 * thickness.to_get(70e-6)
    assert f"to get it, ask for {wanted_um:.3g} µm" in text
    record = book.state.proposals["p9"]
    assert f"the line: {text}" in why_lines(book.state, record)
    assert math.isclose(wanted_um * (1.0 + thickness.bias), 70.0, rel_tol=1e-9)
    assert list(line_words(book.state, record.proposal.request)) == list(waiting.comes_out)
