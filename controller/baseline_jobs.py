"""The jobs that measure today's electrode."""

from __future__ import annotations

from typing import Final

from experiments.baseline import RecipeBaseline
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.job import Job, new_job


def baseline_jobs(campaign: Campaign) -> tuple[Job, ...]:
    """Return the incumbent's jobs: at the cheapest level, for an early answer, and the target.

    Where the target is built, at the finest simulated level: no build goes without a proposal.

    An image costs the same to measure for every level, so it is evaluated at the target alone.
    """
    if campaign.baseline is None:
        return ()
    if _latest and _latest[0][0] is campaign:
        return _latest[0][1]
    if isinstance(campaign.baseline, RecipeBaseline):
        cheapest = min(campaign.simulated, key=lambda level: level.voxels**3 * level.volumes)
        design = campaign.baseline.design
        levels: tuple[str, ...] = (cheapest.name, campaign.finest_simulated.name)
    else:
        design, levels = Design(), (campaign.finest_simulated.name,)
    jobs = tuple(
        new_job(campaign.name, design, level, campaign_seed=campaign.seed, purpose="baseline")
        for level in dict.fromkeys(levels)
    )
    _latest[:] = [(campaign, jobs)]
    return jobs


_latest: Final[list[tuple[Campaign, tuple[Job, ...]]]] = []
"""What was asked for last: it is asked for twice at every turn, and hashes the design."""
