"""Whether the files behind the observations are there, and what they were."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from controller.events import Observed, Recorded
from controller.home import Home
from controller.report.attachments import reader
from experiments.observation import Artifact


@dataclass(frozen=True)
class ArtifactFault:
    """A file that is not what its observation says."""

    position: int
    job_id: str
    name: str
    artifact: Artifact
    fault: str
    """``missing`` or ``damaged``."""


def artifact_faults(
    home: Home, events: Iterable[Recorded], *, dropped: frozenset[str]
) -> Iterator[ArtifactFault]:
    """Yield what is missing or damaged of the artifacts that observations name.

    ``dropped`` are the hashes of those that were deleted on purpose. Every file is read once.
    """
    read, seen = reader(home.artifacts), set[str]()
    for recorded in events:
        if not isinstance(recorded.event, Observed):
            continue
        observation = recorded.event.observation
        for name, artifact in observation.provenance.artifacts.items():
            if artifact.sha256 in seen:
                continue
            seen.add(artifact.sha256)
            content = read(artifact)
            if content is None:
                fault = None if artifact.sha256 in dropped else "missing"
            else:
                is_whole = hashlib.sha256(content).hexdigest() == artifact.sha256
                fault = None if is_whole else "damaged"
            if fault is not None:
                yield ArtifactFault(recorded.position, observation.job.id, name, artifact, fault)
