"""A job: a design, a fidelity and a seed; equal jobs have equal ids, so none runs twice."""

from __future__ import annotations

from typing import Literal

from experiments.design import Design
from experiments.frozen import Frozen, content_hash

Purpose = Literal["search", "baseline"]


class Job(Frozen):
    """One evaluation to make."""

    id: str
    campaign: str
    design: Design
    fidelity: str
    seed: int
    purpose: Purpose = "search"


def new_job(
    campaign: str,
    design: Design,
    fidelity: str,
    *,
    campaign_seed: int,
    purpose: Purpose = "search",
    replicate: int = 0,
) -> Job:
    """Return the job of this content: id and seed follow from the arguments alone.

    Seeds differ between designs and between fidelities, so that random structures are independent.
    """
    digest = content_hash(
        {
            "campaign": campaign,
            "design": design.values,
            "fidelity": fidelity,
            "purpose": purpose,
            "replicate": replicate,
            "seed": campaign_seed,
        }
    )
    return Job(
        id=digest[:16],
        campaign=campaign,
        design=design,
        fidelity=fidelity,
        seed=int(digest[16:28], 16),
        purpose=purpose,
    )
