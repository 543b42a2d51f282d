"""A synthetic campaign with a level that is built, and proposals that wait in its journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from controller.clock import SystemClock
from controller.events import Resumed
from controller.fold import fold
from controller.home import Home
from controller.journal import Journal, JournalReader
from controller.proposal_events import Proposed
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.job import new_job
from experiments.observation import Observation
from experiments.proposal import Alternative, Proposal
from experiments.ranking import Prediction
from tests.controller.synthetic_campaign import ENERGY, write_campaign
from tests.instruments.a_build import CAPABILITIES, request_of

LEVEL = """target: fine
approval: {approvers: [approver, second], expires_after_working_days: 5}
"""


def write_proposed(
    path: Path,
    *,
    n: int | None = 8,
    n_proposals: int = 3,
    now: datetime | None = None,
    edge: int = 16,
    observed: Callable[[Home, Observation], Observation] = lambda _, one: one,
) -> tuple[Home, str]:
    """Write a campaign and its proposals; return the home and the campaign's name."""
    home, name = write_campaign(
        path,
        n=n,
        is_finished=False,
        edge=edge,
        edit=_with_builds,
        observed=observed,
    )
    with JournalReader(home.journal) as reader:
        state = fold(reader.read(name))
    assert state is not None
    designs = [one.job.design for one in state.observations.values() if one.job.design.values]
    journal = Journal(home.journal, SystemClock())
    moment = now or datetime.now(UTC)
    for number in range(1, n_proposals + 1):
        made = _proposal(state.campaign, designs[-number], f"p{number}", moment, designs)
        journal.append(name, [*([Resumed()] if number == 1 else []), Proposed(proposal=made)])
    journal.close()
    return home, name


def _with_builds(text: str) -> str:
    level = "  - {name: cell, kind: build, instrument: bench, cost_EUR: 38, channel_days: 9}\n"
    text = text.replace("target: fine\n", level + LEVEL)
    return text.replace("fine: 8}", "fine: 8, cell: 4}")


def _proposal(
    campaign: Campaign, design: Design, proposal_id: str, now: datetime, designs: list[Design]
) -> Proposal:
    request = request_of(
        campaign=campaign.name,
        design=design,
        recipe=campaign.recipe(design),
        cell=campaign.cell.model_copy(update={"format": "coin"}),
        model_version="surrogate 3",
    )
    predicted = {ENERGY: Prediction(mean=243.0, sd=4.0, low=235.2, high=250.8)}
    return Proposal(
        id=proposal_id,
        job=new_job(campaign.name, design, "cell", campaign_seed=campaign.seed),
        request=request,
        digest=request.digest,
        instrument="bench",
        told=CAPABILITIES.model_copy(update={"stock": {"NMC811": 0.31, "cells": 40.0}}),
        predicted=predicted,
        success_probability=0.93,
        beats_incumbent=0.81,
        is_inside_data=True,
        reason="likeliest to improve per channel-day",
        alternatives=tuple(
            Alternative(design=one, fidelity="cell", predicted=predicted, reason="gain per price")
            for one in designs[:3]
        ),
        position=1,
        cost_EUR=38.0,
        channel_days=9.0,
        proposed_at=now.isoformat(),
        expires_at=campaign.approval.expires_at(now).isoformat(),
    )
