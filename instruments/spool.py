"""Where an adapter keeps the bytes of result files: by their hash, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from experiments.build_status import ResultEntry
from instruments.result_file import ResultFile


class Spool:
    """A folder of files named by SHA-256; equal bytes are kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, sha256: str) -> Path | None:
        """Return where a file of that hash is, if it is here."""
        path = self._path(sha256)
        return path if path.is_file() else None

    def keep(self, content: bytes) -> tuple[Path, str]:
        """Write bytes and return where they are and their hash."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f".{sha256}.{secrets.token_hex(4)}")
            with fresh.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        return path, sha256

    def result(self, path: Path, entry: ResultEntry, build_id: str) -> ResultFile:
        """Return a kept file with what the instrument said of it."""
        return ResultFile(
            name=entry.name,
            path=path,
            sha256=path.name,
            size_bytes=path.stat().st_size,
            build_id=build_id,
            cell=entry.cell,
            is_partial=entry.is_partial,
        )

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError(f"not a SHA-256: {sha256[:80]!r}")
        return self._folder / sha256[:2] / sha256
