"""The artifact store of a rehearsal: files in this process, of which the oldest are forgotten.

A file that is gone is computed again, as it is from a disk that somebody tidied. (fsspec's own
memory file system looks through all its files to find one.)
"""

from __future__ import annotations

from typing import Any, Final

import fsspec
from fsspec.spec import AbstractFileSystem

PROTOCOL: Final = "cellwright-rehearsal"
URL: Final = f"{PROTOCOL}://artifacts"
_MOST_FILES: Final = 20_000


class MemoryFiles(AbstractFileSystem):  # type: ignore[misc]  # fsspec is untyped
    """As much of a file system as an artifact store needs."""

    protocol = PROTOCOL
    cachable = False
    files: dict[str, bytes] = {}  # noqa: RUF012 - one store a process: fsspec makes many of us

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Do nothing: there are no folders."""

    def cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **_: Any
    ) -> bytes:
        """Return a file's bytes. Raises ``FileNotFoundError``."""
        try:
            return self.files[path][start:end]
        except KeyError:
            raise FileNotFoundError(path) from None

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        """Write a file."""
        self.files[path] = value
        while len(self.files) > _MOST_FILES:
            del self.files[next(iter(self.files))]

    def mv(self, path1: str, path2: str, **_: Any) -> None:
        """Move a file."""
        self.files[path2] = self.files.pop(path1)

    def rm_file(self, path: str) -> None:
        """Remove a file. Raises ``FileNotFoundError``."""
        if self.files.pop(path, None) is None:
            raise FileNotFoundError(path)

    def size(self, path: str) -> int:
        """Return a file's size in bytes. Raises ``FileNotFoundError``."""
        return len(self.cat_file(path))


def empty_store() -> None:
    """Make the file system known, and forget every file."""
    fsspec.register_implementation(PROTOCOL, MemoryFiles, clobber=True)
    MemoryFiles.files.clear()
