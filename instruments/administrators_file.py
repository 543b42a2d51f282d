"""A file that only an administrator writes: read whole, as text, and only where it is one."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from experiments.errors import Invalid

LARGEST_BYTES: Final = 2**20
"""*Assumed*: a thousand times what a laboratory with ten instruments writes."""


def read_administrators_file(path: Path, *, closed_to: int, allowed: str) -> str | None:
    """Return the text; None where there is no file.

    ``closed_to`` are the bits of the mode that nobody may have, ``allowed`` says which mode will
    do. Raises ``Invalid`` where it is no file, open to others, too long, or no text.
    """
    try:
        # Without O_NONBLOCK, a pipe in its place would be waited for.
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(opened, "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise Invalid(f"{path}: not a plain file")
            if mode := stat.S_IMODE(state.st_mode) & closed_to:
                raise Invalid(f"{path}: mode lets others in ({mode:03o}); allowed: {allowed}")
            content = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_BYTES:
        raise Invalid(f"{path}: longer than {LARGEST_BYTES} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Invalid(f"{path}:{line}: not UTF-8 text") from error
