"""The microstructures a campaign shows: the best design's first volume beside the baseline's."""

from __future__ import annotations

from controller.report.answer import answer
from controller.report.attachments import volume_labels
from controller.report.material import Material
from controller.report.picture import Portrait, Volume, portraits
from experiments.observation import Observation


def campaign_portraits(material: Material) -> list[Portrait]:
    """Return the pictures of the best design and of the baseline, as far as voxels are kept."""
    found = answer(material)
    named = [("best design", found.best[0])] if found.best else []
    if found.baseline is not None:
        named.append(("baseline", found.baseline))
    volumes = [volume for name, one in named if (volume := _volume(material, name, one))]
    return portraits(volumes)


def _volume(material: Material, name: str, observation: Observation) -> Volume | None:
    labels = volume_labels(observation, material.read)
    if labels is None:
        return None
    properties = observation.properties
    level = material.campaign.fidelity(observation.job.fidelity)
    size_m = level.voxel_size_m if properties is None else properties.voxel_size_m[0]
    return Volume(name, labels, size_m)
