from __future__ import annotations

import pytest

from controller.budget import Allowance, relative_cost
from experiments.budget import Budget
from experiments.job import new_job
from experiments.observation import FailureKind, Observation
from tests.controller.doubles import fail, observe, small_campaign

CAMPAIGN = small_campaign()


def result(fidelity: str, busy_s: float, porosity: float = 0.3) -> Observation:
    design = CAMPAIGN.design.from_unit([porosity])
    return observe(new_job("small", design, fidelity, campaign_seed=1), busy_s=busy_s)


def by_id(*observations: Observation) -> dict[str, Observation]:
    return {observation.job.id: observation for observation in observations}


def test_evaluations_are_counted_down_by_fidelity() -> None:
    budget = Budget(evaluations={"coarse": 2, "fine": 1})
    left = Allowance(budget, {"coarse": 0.1, "fine": 1.0}, {"coarse": 1})
    assert left.left() == {"coarse": 1, "fine": 1}
    assert left.taking("coarse").left() == {"coarse": 0, "fine": 1}
    assert not left.taking("coarse").admits("coarse")


def test_a_fidelity_the_budget_does_not_name_may_not_be_used() -> None:
    budget = Budget(evaluations={"coarse": 2})
    assert Allowance(budget, {"coarse": 0.1, "fine": 1.0}, {}).left() == {"coarse": 2, "fine": 0}


def test_a_total_cost_is_spent_by_all_levels_together() -> None:
    budget = Budget(fine_equivalents=3)
    allowed = Allowance(budget, {"coarse": 0.25, "fine": 1.0}, {"coarse": 2, "fine": 1})
    assert allowed.used == pytest.approx(1.5)
    assert allowed.left() == {"coarse": 6, "fine": 1}


def test_a_promised_minimum_is_kept_back_from_the_other_levels() -> None:
    budget = Budget(fine_equivalents=3, at_least={"fine": 2})
    allowed = Allowance(budget, {"coarse": 0.25, "fine": 1.0}, {})
    assert allowed.left() == {"coarse": 4, "fine": 3}
    assert allowed.taking("fine").left() == {"coarse": 4, "fine": 2}


def test_a_total_that_divides_exactly_is_spent_to_the_end() -> None:
    budget = Budget(fine_equivalents=0.3)
    allowed = Allowance(budget, {"coarse": 0.1, "fine": 1.0}, {"coarse": 2})
    assert allowed.left()["coarse"] == 1
    assert allowed.taking("coarse").left()["coarse"] == 0


def test_costs_start_from_the_voxels_and_become_the_measured_times() -> None:
    assert relative_cost(CAMPAIGN, {}) == {"coarse": 16**3 / (2 * 32**3), "fine": 1.0}
    seen = by_id(result("coarse", 2.0), result("coarse", 4.0, 0.4), result("fine", 12.0))
    assert relative_cost(CAMPAIGN, seen) == {"coarse": pytest.approx(0.25), "fine": 1.0}


def test_declared_costs_are_taken_as_they_are() -> None:
    levels = tuple(
        level.model_copy(update={"cost": cost})
        for level, cost in zip(CAMPAIGN.fidelities, (2.0, 8.0), strict=True)
    )
    campaign = CAMPAIGN.model_copy(update={"fidelities": levels})
    seen = by_id(result("coarse", 100.0), result("fine", 1.0))
    assert relative_cost(campaign, seen) == {"coarse": 0.25, "fine": 1.0}


def test_failures_of_machines_do_not_tell_what_a_level_costs() -> None:
    job = result("coarse", 1.0).job
    seen = by_id(fail(job, FailureKind.timed_out), result("fine", 12.0))
    assert relative_cost(CAMPAIGN, seen)["coarse"] == 16**3 / (2 * 32**3)
