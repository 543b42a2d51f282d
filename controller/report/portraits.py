"""The microstructures a campaign shows: the best design's first volume beside the baseline's."""

from __future__ import annotations

from controller.report.answer import answer
from controller.report.attachments import first_volume
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
    found = first_volume(observation, material.read)
    return None if found is None else Volume(name, found[0], found[1][0])
