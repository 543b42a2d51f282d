"""Result files that people or cyclers put into a folder: which are there and no longer written."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from instruments.result_file import ResultFile
from instruments.results.screening import MAX_FILE_BYTES
from instruments.spool import Spool

SETTLE_S: Final = 5.0
"""A file that changed within so many seconds may still be written. Assumed."""
_CELL: Final = re.compile(r"cell[ _-]?(\d{1,4})(?!\d)", re.IGNORECASE)
_NOT_RESULTS: Final = (".part", ".tmp", ".crdownload", ".yaml", ".html")


@dataclass(frozen=True)
class WatchedFolder:
    """One folder; links, folders in it and hidden files are never looked at."""

    folder: Path
    spool: Spool
    seconds: Callable[[], float]
    """The clock that files' times are of (``time.time``)."""
    settle_s: float = SETTLE_S

    def results(self, build_id: str, *, named: bool) -> tuple[ResultFile, ...]:
        """Return a build's settled files, copied into the spool.

        ``named``: the folder is shared, and only files whose name holds the build's id are its.
        """
        found = []
        for name in self._names():
            own = re.search(rf"(?<![A-Za-z0-9]){re.escape(build_id)}(?![A-Za-z0-9])", name)
            if named and not own:
                continue
            content = self._read(name)
            if content is None:
                continue
            path, sha256 = self.spool.keep(content)
            cell = _CELL.search(name)
            found.append(
                ResultFile(
                    name=re.sub(r"[^A-Za-z0-9._-]", "_", name)[:128],
                    path=path,
                    sha256=sha256,
                    size_bytes=len(content),
                    build_id=build_id,
                    cell=int(cell[1]) if cell else None,
                )
            )
        return tuple(found)

    def _names(self) -> Iterator[str]:
        try:
            names = sorted(os.listdir(self.folder))
        except FileNotFoundError:
            return
        for name in names:
            if not name.startswith(".") and not name.lower().endswith(_NOT_RESULTS):
                yield name

    def _read(self, name: str) -> bytes | None:
        """Return a plain, settled file of a sensible size, or None."""
        try:
            opened = os.open(self.folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(opened, "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode) or state.st_size > MAX_FILE_BYTES:
                return None
            if self.seconds() - state.st_mtime < self.settle_s:
                return None
            return file.read()
