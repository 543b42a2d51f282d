"""An artifact store that outlives a full disk: what was refused waits in memory.

Nothing that rests on a waiting file is told to control before the file is written.
"""

from __future__ import annotations

import errno
from typing import Final

from agents.artifact_store import ArtifactStore

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


class PatientStore(ArtifactStore):
    """Write what there is room for, and the rest when there is."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._waiting: dict[str, bytes] = {}
        self.refusal: str | None = None
        """Why files wait; None where none does."""

    def replace(self, path: str, data: bytes) -> None:
        """Write a file, or keep it where the disk is full. Raises what else goes wrong."""
        if self._waiting:
            self._waiting[path] = data
            return
        try:
            super().replace(path, data)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            self._waiting[path] = data
            self.refusal = f"{path}: {error.strerror}"

    def read_path(self, path: str) -> bytes | None:
        """Return the bytes of a file, written or waiting; None where there is none."""
        waiting = self._waiting.get(path)
        return super().read_path(path) if waiting is None else waiting

    def flush(self) -> bool:
        """Write what waits, and say whether nothing waits any more."""
        for path in list(self._waiting):
            try:
                super().replace(path, self._waiting[path])
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                self.refusal = f"{path}: {error.strerror}"
                return False
            del self._waiting[path]
        self.refusal = None
        return True
