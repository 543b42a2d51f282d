from __future__ import annotations

import json

import pytest

from controller.events import CampaignStarted, Dispatched, Observed
from controller.fold import fold
from controller.results import (
    baseline_at,
    compare,
    convergence,
    failures_by_kind,
    measured_best,
    observations_by_fidelity,
    pareto,
    spent,
)
from controller.state import State
from controller.status_document import status_document
from experiments.budget import Budget
from experiments.campaign import Campaign
from experiments.job import new_job
from experiments.observation import Observation
from tests.controller.doubles import MemoryJournal, fail, observe, small_campaign

ENERGY = "specific_energy_Wh_per_kg"


def state_of(*observations: Observation, campaign: Campaign | None = None) -> State:
    journal = MemoryJournal()
    started = CampaignStarted(campaign=campaign or small_campaign(), source="", text="")
    journal.append("small", [started])
    for observation in observations:
        journal.append(
            "small", [Dispatched(job=observation.job), Observed(observation=observation)]
        )
    state = fold(journal.stored)
    assert state is not None
    return state


def result(
    unit: float, value: float, fidelity: str = "fine", purpose: str = "search"
) -> Observation:
    design = small_campaign().design.from_unit([unit])
    job = new_job("small", design, fidelity, campaign_seed=3, purpose=purpose)  # type: ignore[arg-type]
    return observe(job, value)


def test_the_best_is_the_best_of_the_search_at_the_target() -> None:
    rows = [result(0.1, 210), result(0.2, 230), result(0.3, 290, "coarse")]
    rows.append(result(0.4, 280, purpose="baseline"))
    best = measured_best(state_of(*rows))
    assert best == rows[1]


def test_nothing_is_best_before_there_is_a_result() -> None:
    assert measured_best(state_of()) is None
    assert pareto(state_of(fail(result(0.1, 1).job))) == ()


def test_a_comparison_holds_both_values_and_the_difference_with_intervals() -> None:
    state = state_of(result(0.1, 210), result(0.5, 200, purpose="baseline"))
    found = compare(state, measured_best(state), ENERGY)
    assert found.value.value == 210
    assert found.baseline.value == 200
    assert found.change.value == 10
    # Two designs of two volumes, each ±1: pooled sd √2 with 2 degrees, t(0.975, 2) = 4.303.
    assert found.value.high - 210 == pytest.approx(4.303, rel=1e-3)
    assert found.change.high - 10 == pytest.approx(4.303 * 2**0.5, rel=1e-3)


def test_a_failed_baseline_is_found_and_compared_with_nothing() -> None:
    failed = fail(result(0.5, 200, purpose="baseline").job)
    state = state_of(result(0.1, 210), failed)
    assert baseline_at(state, "fine") == failed
    assert compare(state, measured_best(state), ENERGY).baseline is None


def test_convergence_is_the_best_so_far() -> None:
    rows = [result(0.1, 210), result(0.2, 205), result(0.3, 230)]
    assert convergence(state_of(*rows)) == ((1, 210), (2, 210), (3, 230))


def test_counts_know_the_search_from_the_baseline() -> None:
    rows = [result(0.1, 210), fail(result(0.2, 1, "coarse").job)]
    rows.append(fail(result(0.5, 1, purpose="baseline").job))
    state = state_of(*rows)
    assert observations_by_fidelity(state) == {"coarse": 1, "fine": 1}
    assert failures_by_kind(state) == {"not_percolating": 2}
    assert spent(state).used == {"coarse": 1, "fine": 1}
    assert spent(state).limit == {"coarse": 6, "fine": 3}


def test_a_total_cost_is_reported_in_target_equivalents() -> None:
    campaign = small_campaign(budget=Budget(fine_equivalents=4))
    use = spent(state_of(result(0.1, 210), campaign=campaign))
    assert use.limit == {"fine_equivalents": 4}
    assert use.used == {"fine_equivalents": 1}


def test_the_status_document_has_the_keys_of_the_contract() -> None:
    state = state_of(result(0.1, 210), result(0.5, 200, purpose="baseline"))
    plain = json.loads(status_document(state).model_dump_json())
    for key in (
        *("campaign", "state", "observations", "failures", "recommended", "measured_best"),
        *("pareto", "pending_approvals", "budget"),
    ):
        assert key in plain
    assert plain["state"] == "running"
    assert plain["budget"]["used"] == {"coarse": 0, "fine": 1}
    assert isinstance(plain["budget"]["limit"]["fine"], int)
    assert plain["measured_best"]["change_against_baseline"]["energy"]["value"] == 10
    assert plain["baseline"]["fine"]["objectives"]["energy"]["value"] == 200
