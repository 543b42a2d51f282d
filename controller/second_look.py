"""What a rejection teaches beside where not to build: closer looks, and designs nobody can make."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from controller.proposals import ProposalRecord
from controller.state import State
from experiments.job import Job, new_job
from experiments.proposal import RejectionReason
from experiments.ranking import Candidate


def second_looks(state: State) -> Iterator[tuple[Job, Candidate]]:
    """Yield the simulations still to be made of builds whose prediction a person did not believe.

    At the finest simulated level, each with a random structure that was not looked at before.
    """
    level = state.campaign.finest_simulated.name
    yielded: set[str] = set()
    for record in rejected_as(state, "dont_believe"):
        design = record.proposal.request.design
        reason = f"{record.proposal.id} was not believed"
        for replicate in count():
            job = new_job(
                state.campaign.name,
                design,
                level,
                campaign_seed=state.campaign.seed,
                replicate=replicate,
            )
            dispatch = state.dispatches.get(job.id)
            if job.id in yielded:
                continue
            if dispatch is None:
                yielded.add(job.id)
                yield (
                    job,
                    Candidate(design=design, fidelity=level, replicate=replicate, reason=reason),
                )
                break
            if dispatch.candidate is not None and dispatch.candidate.reason == reason:
                break


def rejected_as(state: State, reason: RejectionReason) -> Iterator[ProposalRecord]:
    """Yield the proposals that were rejected for a reason, oldest first."""
    for record in state.proposals.values():
        if record.status == "rejected" and record.last.reason == reason:
            yield record
