"""Files named by their content, under an fsspec URL, written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import fsspec
from fsspec.implementations.local import LocalFileSystem

from experiments.errors import Transient
from experiments.observation import Artifact


class ArtifactStore:
    """A folder of immutable files; the same content has the same name."""

    def __init__(self, url: str) -> None:
        self._url = (url if "://" in url else Path(url).absolute().as_uri()).rstrip("/")
        self._files: Any
        self._files, self._root = _open(self._url)
        self._is_local = isinstance(self._files, LocalFileSystem)
        if self._is_local and Path(self._root).parent.is_dir():
            Path(self._root).mkdir(exist_ok=True)

    def write(self, data: bytes, suffix: str) -> Artifact:
        """Store the bytes and return their name; what is there already stays."""
        digest = hashlib.sha256(data).hexdigest()
        place = f"files/{digest[:2]}/{digest}{suffix}"
        path = self.path(place)
        if not self._holds(path, len(data)):
            self.replace(path, data)
        return Artifact(url=f"{self._url}/{place}", sha256=digest, size_bytes=len(data))

    def read(self, artifact: Artifact) -> bytes | None:
        """Return the bytes, or None where they are absent or not what they were."""
        _, path = _open(artifact.url)
        data = self.read_path(path)
        if data is None:  # the home was moved, or its campaign came from another machine
            name = artifact.url.rpartition("/")[2]
            data = self.read_path(self.path("files", artifact.sha256[:2], name))
        if data is None or hashlib.sha256(data).hexdigest() != artifact.sha256:
            return None
        return data

    def delete(self, artifact: Artifact) -> None:
        """Delete the file of an artifact, if it is in this store and there."""
        name = artifact.url.rpartition("/")[2]
        with contextlib.suppress(FileNotFoundError):
            self._files.rm_file(self.path("files", artifact.sha256[:2], name))

    def path(self, *parts: str) -> str:
        """Return the path of a file of this store that is not named by its content."""
        return "/".join((self._root, *parts))

    def read_path(self, path: str) -> bytes | None:
        """Return the bytes of a file, or None where there is none."""
        try:
            data: bytes = self._files.cat_file(path)
        except FileNotFoundError:
            return None
        return data

    def replace(self, path: str, data: bytes) -> None:
        """Write a file beside its place and move it there, so that nobody sees half of it.

        Raises ``Transient`` where a local store is no longer there: to make it anew would leave a
        second, half made home where the first one was.
        """
        if self._is_local and not Path(self._root).is_dir():
            raise Transient(f"{self._root} is gone: it was moved or deleted; nothing was written")
        folder, _, name = path.rpartition("/")
        self._files.makedirs(folder, exist_ok=True)
        half = f"{folder}/.{name}.{uuid.uuid4().hex[:8]}.part"
        try:
            self._files.pipe_file(half, data)
            self._files.mv(half, path)
        except BaseException:
            with contextlib.suppress(OSError):
                self._files.rm_file(half)
            raise

    def _holds(self, path: str, size_bytes: int) -> bool:
        try:
            return bool(self._files.size(path) == size_bytes)
        except FileNotFoundError:
            return False


def _open(url: str) -> tuple[Any, str]:
    """Return the file system of a URL and the path in it; ``file`` URLs are percent-encoded."""
    files, path = fsspec.core.url_to_fs(unquote(url) if url.startswith("file:") else url)
    return files, str(path).rstrip("/")
