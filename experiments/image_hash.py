"""The hash of an image: one definition for the campaign file, the stage's key and its reader."""

from __future__ import annotations

import hashlib
from pathlib import Path


def image_sha256(image: str | Path) -> str:
    """Return the SHA-256 (hex) of an image file, as ``sha256sum`` prints it.

    A folder has the hash of its files' hashes and names, in name order; a dataset inside a file
    (``scan.h5:/labels``) that of the file's hash and the dataset's name. Takes seconds for a large
    image. Raises ``OSError`` where it cannot be read.
    """
    name, _, inside = str(image).partition(":/")
    path = Path(name)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        named = [(_file_sha256(file), file.relative_to(path).as_posix()) for file in files]
    elif inside:
        named = [(_file_sha256(path), inside)]
    else:
        return _file_sha256(path)
    listing = "".join(f"{digest}  {what}\n" for digest, what in named)
    return hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()


def _file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
