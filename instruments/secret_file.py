"""An instrument's secret: read from a file that only its owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from experiments.errors import Invalid
from experiments.signature import SHORTEST_SECRET


def read_secret(path: Path) -> bytes:
    """Return a file's secret, blanks around it taken off.

    Raises ``Invalid`` where it is absent, open to others, a link, or too short; never shows it.
    """
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:
        raise Invalid(f"secret file {str(path)!r}: no name of a file") from error
    except OSError as error:
        raise Invalid(f"secret file {path}: {error.strerror}") from error
    with os.fdopen(opened, "rb") as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise Invalid(f"secret file {path}: not a plain file")
        if state.st_mode & 0o077:
            mode = stat.S_IMODE(state.st_mode)
            raise Invalid(f"secret file {path}: mode {mode:04o} lets others in; allowed: 0600")
        secret = file.read(4096).strip()
    if len(secret) < SHORTEST_SECRET:
        raise Invalid(
            f"secret file {path}: {len(secret)} bytes; allowed: at least {SHORTEST_SECRET}"
        )
    return secret
