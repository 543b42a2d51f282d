"""What of a campaign's artifacts is on the disk, by the journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from controller.growing_map import GrowingMap
from experiments.observation import Artifact


@dataclass(frozen=True)
class StoredArtifacts:
    """Every artifact that an observation named, each content once."""

    size_bytes: GrowingMap[str, int] = field(default_factory=GrowingMap)
    """By content hash; those that were dropped too."""
    dropped: frozenset[str] = frozenset()
    """Hashes of the voxels that were deleted to keep the disk budget."""
    total_bytes: int = 0
    """Of what is on the disk."""

    def plus(self, artifacts: Iterable[Artifact]) -> StoredArtifacts:
        """Return it with artifacts that were just written; one that was dropped is back then."""
        sizes, dropped, total = self.size_bytes, self.dropped, self.total_bytes
        for artifact in artifacts:
            if artifact.sha256 in dropped:
                dropped -= {artifact.sha256}
                total += artifact.size_bytes
            elif artifact.sha256 not in sizes:
                sizes = sizes.plus(artifact.sha256, artifact.size_bytes)
                total += artifact.size_bytes
        return StoredArtifacts(sizes, dropped, total)

    def without(self, hashes: Iterable[str]) -> StoredArtifacts:
        """Return it after these were dropped."""
        gone = frozenset(hashes) - self.dropped
        freed = sum(self.size_bytes[one] for one in gone)
        return StoredArtifacts(self.size_bytes, self.dropped | gone, self.total_bytes - freed)
