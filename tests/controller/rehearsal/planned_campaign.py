"""A campaign to rehearse, and rehearsals of it in a folder in memory where there is one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from controller.campaign_file import LoadedCampaign
from controller.rehearsal import Faults, Rehearsed, Settings, rehearse
from experiments.budget import Budget
from experiments.campaign import Campaign
from tests.agents.tiny_campaign import tiny_campaign

HARSH = Faults().times(20)
"""A control and a compute that die every hour, and a worker under every tenth call."""


def planned(n: int = 12, **changes: Any) -> Campaign:
    """Return a campaign of ``2 n`` coarse and ``n`` fine evaluations."""
    budget = Budget(evaluations={"coarse": 2 * n, "fine": n})
    return tiny_campaign(**{"budget": budget, **changes})


def rehearsed_in(folder: Path, campaign: Campaign, **settings: Any) -> Rehearsed:
    """Rehearse a campaign in a folder."""
    loaded = LoadedCampaign(campaign, "tiny.yaml", "name: tiny")
    return rehearse(loaded, Settings(**{"n_workers": 4, **settings}), folder)


@contextmanager
def memory_folder() -> Iterator[Path]:
    """Yield a folder that is deleted; in memory, where a commit costs no disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)
