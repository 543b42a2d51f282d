"""The backlog: a ranking's candidates as jobs that wait for a free worker."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from experiments.campaign import Campaign
from experiments.errors import Rejected
from experiments.job import Job, new_job
from experiments.ranking import Candidate, Ranking


@dataclass(frozen=True)
class Planned:
    """A candidate and the job it would be."""

    job: Job
    candidate: Candidate
    ranking_position: int


def backlog_of(
    campaign: Campaign,
    ranking: Ranking,
    *,
    known: Container[str],
    again: Container[str] = (),
) -> dict[str, Planned]:
    """Return a ranking's candidates by job id, best first, without jobs already dispatched.

    A job of ``again`` counts for another level now, or was taken back: its design is measured anew,
    with another seed.
    """
    planned: dict[str, Planned] = {}
    for candidate in ranking.candidates:
        job = _job_of(campaign, candidate, candidate.replicate)
        n = 0
        while job.id in again:
            n += 1
            job = _job_of(campaign, candidate, candidate.replicate + n)
        if job.id not in known and job.id not in planned:
            planned[job.id] = Planned(job, candidate, ranking.position)
    return planned


def _job_of(campaign: Campaign, candidate: Candidate, replicate: int) -> Job:
    return new_job(
        campaign.name,
        candidate.design,
        candidate.fidelity,
        campaign_seed=campaign.seed,
        replicate=replicate,
    )


def check_ranking(campaign: Campaign, ranking: Ranking) -> None:
    """Raise ``Rejected`` where a decider proposes what the campaign does not allow."""
    levels = [fidelity.name for fidelity in campaign.own_fidelities]
    for candidate in ranking.candidates:
        if candidate.fidelity not in levels:
            raise Rejected(
                f"the decider {ranking.decider} proposed the fidelity {candidate.fidelity!r}; "
                f"allowed: {levels}"
            )
        if not campaign.design.contains(candidate.design):
            raise Rejected(
                f"the decider {ranking.decider} proposed a design outside of the design space: "
                f"{candidate.design.values}"
            )
