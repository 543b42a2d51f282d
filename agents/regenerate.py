"""Make the voxels of an observation again from its seed, and prove that they are the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from agents.artifact_store import ArtifactStore
from agents.stage_call import StageCalls
from agents.stages import GENERATE, stage_versions
from agents.voxel_file import SUFFIX
from experiments.campaign import Campaign
from experiments.errors import Invalid, Rejected
from experiments.observation import Artifact, Observation


def regenerate(
    campaign: Campaign,
    observation: Observation,
    wanted: Mapping[int, Artifact],
    store: ArtifactStore,
) -> list[Artifact]:
    """Write the wanted volumes of an observation, by their index, and return them.

    Raises ``Invalid`` where no seed made them, ``Rejected`` where another version of the generator
    is installed, or its voxels differ from what they were; nothing is written then.
    """
    records = {record.stage: record for record in observation.provenance.stages}
    if observation.recipe is None or GENERATE not in records:
        raise Invalid(f"job {observation.job.id}: its voxels were not generated from a seed")
    recorded = records[GENERATE].version
    present = stage_versions(campaign.generator)
    if present[GENERATE] != recorded:
        raise Rejected(
            f"job {observation.job.id}: its voxels were made by generator version {recorded}; "
            f"installed is {present[GENERATE]}"
        )
    calls = StageCalls(campaign, present)
    fidelity = campaign.fidelity(observation.job.fidelity)
    made = []
    for index, artifact in wanted.items():
        call = calls.generate(observation.job, observation.recipe.positive, fidelity, index)
        packed: bytes = call.function(*call.arguments).large
        digest = hashlib.sha256(packed).hexdigest()
        if digest != artifact.sha256:
            raise Rejected(
                f"job {observation.job.id}, volume {index}: its seed makes other voxels now "
                f"(sha256 {digest}, were {artifact.sha256}); was another compression library or "
                "processor used?"
            )
        made.append(packed)
    return [store.write(packed, SUFFIX) for packed in made]
