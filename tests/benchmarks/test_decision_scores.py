"""The benchmark's own arithmetic: scores, bounds, corrections, and the problems' optima."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.decision_functions import borehole, branin, hartmann6
from tests.benchmarks.decision_problems import FIRST, SECOND, TARGET, dominated_area, problems
from tests.benchmarks.decision_scores import compare, cost_to_reach, holm, score


def test_a_score_is_the_mean_regret_over_the_budget():
    assert score(np.array([1, 2]), np.array([4.0, 2.0]), budget=4, scale=2.0) == pytest.approx(
        (4.0 + 4.0 + 2.0 * 2) / 4 / 2
    )


def test_the_cost_counts_until_the_regret_stays_low():
    cost = np.arange(1.0, 6.0)
    regret = np.array([5.0, 0.5, 2.0, 0.5, 0.5])
    assert cost_to_reach(cost, regret, goal=1.0, budget=5.0) == 4.0
    assert cost_to_reach(cost, regret, goal=0.1, budget=5.0) == 5.0


def test_equal_deciders_pass_and_worse_ones_do_not():
    rng = np.random.default_rng(3)
    theirs = rng.random(40)
    equal = compare("p", "r", theirs + 0.01 * rng.standard_normal(40), theirs)
    worse = compare("p", "r", theirs + 0.2, theirs)
    assert [c.passes for c in holm([equal, worse])] == [True, False]


def test_few_seeds_pass_nothing_however_good_they_look():
    found = compare("p", "r", np.zeros(9), np.ones(9))
    assert not holm([found])[0].passes
    assert holm([compare("p", "r", np.zeros(10), np.ones(10))])[0].passes


def test_few_wide_seeds_are_inconclusive():
    rng = np.random.default_rng(3)
    found = compare("p", "r", rng.random(4), rng.random(4))
    assert not holm([found])[0].passes


@pytest.mark.parametrize(
    ("truth", "at", "name"),
    [
        (hartmann6, [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573], "hartmann6"),
        (branin, [(np.pi + 5) / 15, 2.275 / 15], "branin"),
        (borehole, [1, 0, 1, 1, 1, 0, 0, 1], "borehole_1_10"),
    ],
)
def test_the_known_optimum_is_reached_where_it_should_be(truth, at, name):
    assert truth(np.array(at, float)) == pytest.approx(problems()[name].best, rel=1e-4)


@pytest.mark.parametrize("name", sorted(problems()))
def test_no_sampled_design_beats_the_best_known(name):
    problem = problems()[name]
    points = np.random.default_rng(0).random((2000, problem.n_dim))
    first = [problem.truths[TARGET][FIRST](x) for x in points]
    if problem.reference is not None:
        second = [problem.truths[TARGET][SECOND](x) for x in points]
        area = dominated_area(list(zip(first, second, strict=True)), problem.reference)
        assert area <= problem.best
        return
    if problem.at_most is not None:
        limits = [problem.truths[TARGET][SECOND](x) for x in points]
        first = [f for f, limit in zip(first, limits, strict=True) if limit <= problem.at_most]
    assert max(first) <= problem.best + 1e-3


def test_a_staircase_of_two_points_dominates_its_area():
    assert dominated_area([(1.0, 2.0), (2.0, 1.0), (0.5, 0.5)], (0.0, 0.0)) == pytest.approx(3.0)
