from __future__ import annotations

from controller.front import dominates, front, is_feasible
from experiments.campaign import Campaign, Constraint, Objective
from experiments.design import Design
from experiments.job import new_job
from experiments.observation import Metric, Observation
from tests.controller.doubles import small_campaign

ENERGY, CAPACITY, MASS = "specific_energy_Wh_per_kg", "areal_capacity_mAh_per_cm2", "cell_mass_kg"


def campaign(*constraints: Constraint, two: bool = False) -> Campaign:
    plain = small_campaign()
    mass = Objective(name="mass", metric=MASS, sense="minimize")
    objectives = (*plain.objectives, mass) if two else plain.objectives
    return plain.model_copy(update={"constraints": constraints, "objectives": objectives})


def result(n: int, **values: float | None) -> Observation:
    metrics = {
        {"energy": ENERGY, "capacity": CAPACITY, "mass": MASS}[key]: Metric(
            value=value, reason=None if value is not None else "not reached"
        )
        for key, value in values.items()
    }
    job = new_job("small", Design(values={"n": n}), "fine", campaign_seed=0)
    return Observation(job=job, metrics=metrics)


def test_domination_needs_one_better_and_none_worse() -> None:
    assert dominates((2, 1), (1, 1))
    assert not dominates((1, 1), (1, 1))
    assert not dominates((2, 0), (1, 1))


def test_a_constraint_is_judged_as_measured_and_a_missing_value_breaks_it() -> None:
    limited = campaign(Constraint(metric=CAPACITY, max=6.0))
    assert is_feasible(limited, result(1, energy=1.0, capacity=6.0))
    assert not is_feasible(limited, result(1, energy=1.0, capacity=6.1))
    assert not is_feasible(limited, result(1, energy=1.0))
    assert not is_feasible(campaign(), result(1, energy=None))


def test_the_front_keeps_what_no_other_beats() -> None:
    a, b, c = result(1, energy=3, mass=3), result(2, energy=2, mass=1), result(3, energy=1, mass=2)
    assert front(campaign(two=True), [c, b, a]) == (a, b)


def test_equal_results_stand_together_on_the_front() -> None:
    a, b = result(1, energy=3), result(2, energy=3)
    assert front(campaign(), [a, b]) == (a, b)
