"""Files of tests that still run: the latest version of each, under its name, never more."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from experiments.build_status import ResultEntry
from instruments.result_file import ResultFile


class PartialFiles:
    """A folder with one folder a build; names are plain, as ``ResultEntry`` asks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, build_id: str, name: str) -> Path | None:
        """Return where the latest version of a file is, if there is one."""
        path = self._folder / build_id / name
        return path if path.is_file() else None

    def keep(self, build_id: str, name: str, content: bytes) -> Path:
        """Write a version in the place of the one before, whole or not at all."""
        path = self._folder / build_id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{secrets.token_hex(8)}")
        fresh.write_bytes(content)
        os.replace(fresh, path)
        return path

    def forget(self, build_id: str, name: str) -> None:
        """Delete the latest version, where there is one."""
        (self._folder / build_id / name).unlink(missing_ok=True)

    def result(self, path: Path, entry: ResultEntry, build_id: str) -> ResultFile:
        """Return a kept version with what the instrument said of it."""
        content = path.read_bytes()
        return ResultFile(
            name=entry.name,
            path=path,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            build_id=build_id,
            cell=entry.cell,
            is_partial=True,
        )
