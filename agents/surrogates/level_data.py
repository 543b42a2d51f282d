"""The numbers a surrogate learns from: encoded designs, levels, values and measured scatter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.surrogates.encoding import Encoding
from experiments.build_fidelity import BuildFidelity
from experiments.campaign import Campaign
from experiments.observation import Observation


@dataclass(frozen=True)
class LevelData:
    """Values of one metric at several levels; level 0 is the target.

    ``scatter`` holds per level the pooled variance of an observation's mean between random volumes
    and its degrees of freedom, or None where no level tells.
    """

    x: np.ndarray
    level: np.ndarray
    y: np.ndarray
    job_ids: tuple[str, ...]
    scatter: tuple[tuple[float, int] | None, ...]

    @property
    def n(self) -> int:
        """Return the number of values."""
        return len(self.y)


def level_names(campaign: Campaign) -> tuple[str, ...]:
    """Return the campaign's levels with the target first."""
    others = [fidelity.name for fidelity in campaign.fidelities if fidelity.name != campaign.target]
    return (campaign.target, *others)


def usable(campaign: Campaign, observations: Sequence[Observation]) -> list[Observation]:
    """Return the observations of designs inside the space, which a model can learn from."""
    levels = {fidelity.name for fidelity in campaign.fidelities}
    return [
        observation
        for observation in observations
        if observation.job.fidelity in levels and campaign.design.contains(observation.job.design)
    ]


def level_data(
    campaign: Campaign, observations: Sequence[Observation], metric: str, encoding: Encoding
) -> LevelData:
    """Collect a metric's values; failures and undefined values are left out."""
    levels = level_names(campaign)
    kept = [
        (observation, value)
        for observation in usable(campaign, observations)
        if (value := observation.value(metric)) is not None
    ]
    return LevelData(
        x=encoding.encode([observation.job.design for observation, _ in kept]),
        level=np.array([levels.index(observation.job.fidelity) for observation, _ in kept], int),
        y=np.array([value for _, value in kept], float),
        job_ids=tuple(observation.job.id for observation, _ in kept),
        scatter=_scatter(campaign, [observation for observation, _ in kept], metric, levels),
    )


def _scatter(
    campaign: Campaign, observations: Sequence[Observation], metric: str, levels: tuple[str, ...]
) -> tuple[tuple[float, int] | None, ...]:
    """Pool the variance between volumes across designs; levels without it borrow by volume.

    The variance of one volume goes as 1/size (Lu & Torquato 1990, for volumes much larger than the
    correlation length); a borrowed value keeps one degree of freedom, since the law is rough here.
    Builds tell their own variance, between coatings and between cells, and lend none.
    """
    sums = np.zeros(len(levels))
    degrees = np.zeros(len(levels), int)
    for observation in observations:
        samples = np.asarray(observation.metrics[metric].samples)
        if len(samples) >= 2:
            k = levels.index(observation.job.fidelity)
            sums[k] += float(((samples - samples.mean()) ** 2).sum())
            degrees[k] += len(samples) - 1
    size, volumes = np.ones(len(levels)), np.ones(len(levels))
    built: tuple[float, int] | None = None
    for k, name in enumerate(levels):
        level = campaign.level(name)
        if isinstance(level, BuildFidelity):
            sums[k], degrees[k] = 0.0, 0
            built = _variance_of_builds(observations, metric, name)
        else:
            size[k] = (level.voxels * level.voxel_size_um) ** 3
            volumes[k] = level.volumes
    found: list[tuple[float, int] | None] = []
    scaled = float((sums * size).sum())
    for k, name in enumerate(levels):
        if isinstance(campaign.level(name), BuildFidelity):
            found.append(built)
        elif degrees[k] >= 2:
            found.append((sums[k] / degrees[k] / volumes[k], int(degrees[k])))
        elif degrees.sum() >= 2:
            found.append((scaled / degrees.sum() / size[k] / volumes[k], 1))
        else:
            found.append(None)
    return tuple(found)


def _variance_of_builds(
    observations: Sequence[Observation], metric: str, level: str
) -> tuple[float, int] | None:
    """Return the mean variance of a build's value, as its own cells and coatings tell it."""
    found = [
        (value.noise_sd**2, len(value.samples))
        for observation in observations
        if observation.job.fidelity == level
        and (value := observation.metrics[metric]).noise_sd is not None
    ]
    n_cells = sum(n for _, n in found)
    if not found or n_cells <= len(found):
        return None
    return float(np.mean([variance for variance, _ in found])), n_cells - len(found)
