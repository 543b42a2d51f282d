"""What jobs took of the machines, by level, and what one more is expected to take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from experiments.campaign import Campaign
from experiments.observation import Observation, Provenance


@dataclass(frozen=True)
class Usage:
    """What the jobs of one level took together, and the one of them that took most."""

    n: int = 0
    cpu_s: float = 0.0
    gpu_s: float = 0.0
    most_cpu_s: float = 0.0
    most_gpu_s: float = 0.0

    def plus(self, observation: Observation) -> Usage:
        """Return the usage with one job more.

        A job that failed with its machine tells nothing of what a job takes, and counts all the
        same.
        """
        cpu_s, gpu_s = cpu_seconds(observation.provenance), gpu_seconds(observation.provenance)
        failure = observation.failure
        tells = failure is None or not failure.kind.is_infrastructure
        return Usage(
            n=self.n + tells,
            cpu_s=self.cpu_s + cpu_s,
            gpu_s=self.gpu_s + gpu_s,
            most_cpu_s=max(self.most_cpu_s, cpu_s) if tells else self.most_cpu_s,
            most_gpu_s=max(self.most_gpu_s, gpu_s) if tells else self.most_gpu_s,
        )


def cpu_seconds(provenance: Provenance) -> float:
    """Return worker time × CPUs held; calls that were cut off are counted with one CPU."""
    recorded = math.fsum(record.elapsed_s for record in provenance.stages)
    held = math.fsum(record.elapsed_s * record.n_cpus for record in provenance.stages)
    return held + max(0.0, provenance.busy_s - recorded)


def gpu_seconds(provenance: Provenance) -> float:
    """Return worker time × share of a GPU held."""
    return math.fsum(record.elapsed_s * record.n_gpus for record in provenance.stages)


@dataclass(frozen=True)
class Price:
    """What one more job of a level is expected to take at most, in hours."""

    hours: float
    is_known: bool
    """Jobs of this level, or of another one, were measured."""


def prices(campaign: Campaign, usage: Mapping[str, Usage], currency: str) -> dict[str, Price]:
    """Return the price of a job of every simulated level in ``cpu_hours`` or ``gpu_hours``.

    The most that a job of the level took so far; before there is one, that of another level, grown
    with the voxels solved and never shrunk with them; before there is any, all volumes until the
    deadline.
    """
    most = {
        level.name: found.most_cpu_s if currency == "cpu_hours" else found.most_gpu_s
        for level in campaign.simulated
        if (found := usage.get(level.name)) is not None and found.n
    }
    n_voxels = {
        level.name: float(level.voxels) ** 3 * level.volumes for level in campaign.simulated
    }
    priced: dict[str, Price] = {}
    for level in campaign.simulated:
        if level.name in most:
            seconds = most[level.name]
        elif most:
            seconds = max(
                most_s * max(1.0, n_voxels[level.name] / n_voxels[name])
                for name, most_s in most.items()
            )
        else:
            seconds = campaign.deadline_s * level.volumes
        priced[level.name] = Price(seconds / 3600, bool(most))
    return priced
