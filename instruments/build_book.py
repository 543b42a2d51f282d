"""The builds a folder-based instrument has accepted: one file each, written once, never lost."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from experiments.build import BUILD_ID_PATTERN, SignedBuild
from experiments.errors import Rejected


class BuildBook:
    """A folder with ``ID.json`` for every build and ``ID.aborted`` for every stopped one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def newest_epoch(self) -> int:
        """Return the highest epoch a build was accepted in."""
        return max((build.signature.epoch for build in self.builds()), default=0)

    def builds(self) -> list[SignedBuild]:
        """Return every accepted build, in order of their names."""
        return [
            SignedBuild.model_validate_json(path.read_bytes())
            for path in sorted(self._folder.glob("*.json"))
        ]

    def find(self, build_id: str) -> SignedBuild | None:
        """Return a build, or None where it was never accepted."""
        path = self._path(build_id, ".json")
        return SignedBuild.model_validate_json(path.read_bytes()) if path.is_file() else None

    def require(self, build_id: str) -> SignedBuild:
        """Return a build. Raises ``Rejected`` (unknown_build)."""
        is_name = re.fullmatch(BUILD_ID_PATTERN, build_id)
        found = self.find(build_id) if is_name else None
        if found is None:
            raise Rejected(f"build {build_id[:64]!r} is not known here", reason="unknown_build")
        return found

    def accept(self, build: SignedBuild) -> None:
        """Write a build down; it is there wholly or not at all."""
        self._write(self._path(build.build.id, ".json"), build.model_dump_json().encode())

    def abort(self, build_id: str, reason: str) -> None:
        """Note that a build is stopped; the first reason counts."""
        if self.aborted(build_id) is None:
            self._write(self._path(build_id, ".aborted"), reason.encode())

    def aborted(self, build_id: str) -> str | None:
        """Return why a build was stopped, or None."""
        path = self._path(build_id, ".aborted")
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def _write(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def _path(self, build_id: str, ending: str) -> Path:
        return self._folder / f"{build_id}{ending}"
