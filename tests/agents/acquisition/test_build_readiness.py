"""Builds wait for the simulated start, and are paired with simulations and not the other way."""

from __future__ import annotations

import pytest

from agents.acquisition.build_readiness import is_start_open, without_early_builds
from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.guards import MOST_PROBES
from agents.acquisition.start import n_start
from experiments.build_fidelity import BuildFidelity
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.design_space import Categorical, DesignSpace
from experiments.job import Job, new_job
from experiments.observation import Metric, Observation
from experiments.ranking import Candidate, Question
from tests.contracts.decider_contract import COARSE, ENERGY, campaign_of, nothing_known, observed

CELL = BuildFidelity(kind="build", name="fine", instrument="bench")


def building() -> Campaign:
    """Return a campaign whose target is a real cell, and its other level simulated."""
    campaign = campaign_of()
    return campaign.model_copy(update={"fidelities": (COARSE, CELL)})


def simulated(campaign: Campaign, n: int) -> tuple[Observation, ...]:
    found = observed(campaign, 2 * n)
    return tuple(one for one in found if one.job.fidelity == "coarse")[:n]


def question(
    observations: tuple[Observation, ...] = (),
    *,
    pending: tuple[Job, ...] = (),
    proposed: tuple[Job, ...] = (),
    coarse_left: int = 18,
) -> Question:
    return Question(
        campaign=building(),
        observations=observations,
        pending=pending,
        proposed=proposed,
        left={"coarse": coarse_left, "fine": 10},
        n_candidates=8,
        position=len(observations),
    )


def asked(asked_question: Question) -> tuple[Candidate, ...]:
    return CellwrightDecider(screen=nothing_known).rank(asked_question).candidates


@pytest.mark.parametrize("n_known", [0, 1, 3])
def test_no_build_is_asked_for_while_the_start_is_open(n_known):
    found = asked(question(simulated(building(), n_known)))
    assert found
    assert {candidate.fidelity for candidate in found} == {"coarse"}


def test_builds_are_asked_for_once_the_start_is_known():
    campaign = building()
    known = simulated(campaign, n_start(question()))
    found = asked(question(known))
    assert "fine" in {candidate.fidelity for candidate in found}


def test_a_simulated_budget_that_is_spent_keeps_no_build_back():
    assert not is_start_open(question(simulated(building(), 1), coarse_left=0), [])


def test_results_on_their_way_keep_builds_back():
    campaign = building()
    pending = tuple(one.job for one in simulated(campaign, 6)[1:])
    assert is_start_open(question(simulated(campaign, 1), pending=pending, coarse_left=0), [])


def test_a_campaign_without_builds_is_asked_as_it_is():
    plain = question().model_copy(update={"campaign": campaign_of()})
    assert without_early_builds(plain, []) is plain


def test_a_space_with_fewer_designs_than_the_start_bars_no_build():
    few = (Categorical(name="kind", choices=("round", "flat", "long")),)
    campaign = building().model_copy(update={"design": DesignSpace(parameters=few)})
    known = tuple(
        Observation(
            job=new_job(campaign.name, Design(values={"kind": kind}), "coarse", campaign_seed=3),
            metrics={ENERGY: Metric(value=float(n))},
        )
        for n, kind in enumerate(few[0].choices)
    )
    asked_question = question(known).model_copy(update={"campaign": campaign})
    assert n_start(asked_question) > len(known)
    assert "fine" in {candidate.fidelity for candidate in asked(asked_question)}


def test_what_is_built_is_simulated_next_and_no_build_goes_to_a_design_because_it_was_seen():
    campaign = building()
    known = simulated(campaign, 8)
    design = campaign.design.from_unit((0.123, 0.456))
    job = new_job(campaign.name, design, "fine", campaign_seed=campaign.seed)
    found = asked(question(known, proposed=(job,)))
    assert (found[0].design, found[0].fidelity) == (design, "coarse")
    assert "agrees with a build" in found[0].reason
    seen = {one.job.design.key for one in known}
    builds = [one for one in found if one.fidelity == "fine"]
    assert all(one.reason == "likeliest to improve" for one in builds)
    assert not any(one.design.key in seen for one in builds) or builds[0].is_inside_data


def test_enough_builds_are_simulated_and_no_more():
    campaign = building()
    known = observed(campaign, 24)
    both = tuple(
        one.model_copy(
            update={
                "job": new_job(campaign.name, one.job.design, "coarse", campaign_seed=campaign.seed)
            }
        )
        for one in known
        if one.job.fidelity == "fine"
    )
    assert len(both) == MOST_PROBES
    new = campaign.design.from_unit((0.123, 0.456))
    job = new_job(campaign.name, new, "fine", campaign_seed=campaign.seed)
    found = asked(question((*known, *both), pending=(job,)))
    assert not any("agrees with a build" in candidate.reason for candidate in found)
