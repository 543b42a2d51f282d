"""One job, in this process: what ``cellwright evaluate`` runs, on the campaigns' own cache."""

from __future__ import annotations

from collections.abc import Callable

from agents.artifact_store import ArtifactStore
from agents.clock import SYSTEM_CLOCK, Clock
from agents.in_process_executor import InProcessExecutor
from agents.job_runner import JobRunner
from agents.messages import JobFinished, JobLost
from agents.stages import stage_versions
from agents.wiring import refuse_unknown_cell, refuse_unknown_parts
from agents.worker_environment import versions
from experiments.campaign import Campaign
from experiments.errors import InternalError
from experiments.job import Job
from experiments.observation import Observation

Progress = Callable[[str], None]
"""Called with the name of each stage before it runs, e.g. ``generate 0``."""


def evaluate_job(
    campaign: Campaign,
    job: Job,
    artifact_url: str,
    *,
    progress: Progress = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Observation:
    """Take one job through the chain and return its observation; finished stages are reused.

    Raises ``Invalid`` where the campaign names an unknown part.
    """
    refuse_unknown_parts(campaign)
    refuse_unknown_cell(campaign, job.design if job.design.values else None)
    progress("import")
    executor = InProcessExecutor()
    runner = JobRunner(
        executor,
        campaign,
        ArtifactStore(artifact_url),
        clock,
        stage_versions=stage_versions(campaign.generator),
        versions=versions(),
        before_call=progress,
    )
    runner.add(job)
    while True:
        for told in runner.step():
            if isinstance(told, JobFinished):
                return told.observation
            if isinstance(told, JobLost):
                raise InternalError(f"the job was lost: {told.reason}")
        for finished in executor.wait(0.0):
            runner.accept(finished)
