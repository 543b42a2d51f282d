"""A result file as it came in: its bytes under their hash, and what the instrument said of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ResultFile:
    """One file on this machine; nothing of it has been read yet."""

    name: str
    """As the instrument calls it; a plain name, never a path."""
    path: Path
    sha256: str
    size_bytes: int
    build_id: str
    cell: int | None
    """Counted from 1; None where the file's name does not say."""
    is_partial: bool = False
