"""One projector for a store: the lock that keeps two from writing a campaign's runs at once.

A projection whose control was killed leaves as soon as it sees so; until then the next one waits.
The lock lies in the home, one for each store and campaign, and the kernel gives it back with the
process. Homes that project the same campaign name into one server are not kept apart by it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import time
from pathlib import Path
from typing import Final

from controller.home import Home
from controller.tracking_address import TrackingAddress
from experiments.errors import Transient

PATIENCE_S: Final = 5.0
"""More than an orphan needs to see that control is gone, which is at once (assumed)."""
_POLL_S: Final = 0.05


class ProjectionLock:
    """The exclusive right to project one campaign of a home into one store."""

    def __init__(self, home: Home, campaign: str, address: TrackingAddress) -> None:
        """Take it. Raises ``Transient`` where another process holds it for too long."""
        deadline = time.monotonic() + PATIENCE_S
        self._descriptor = os.open(
            lock_path(home, campaign, address),
            os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
            stat.S_IRUSR | stat.S_IWUSR,
        )
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    self.release()
                    raise Transient(
                        f"another process writes the MLflow runs of {campaign}; wait for its end"
                    ) from None
                time.sleep(_POLL_S)
            else:
                return

    def release(self) -> None:
        """Give it back; twice is as good as once."""
        descriptor, self._descriptor = self._descriptor, -1
        with contextlib.suppress(OSError):
            os.close(descriptor)


def lock_path(home: Home, campaign: str, address: TrackingAddress) -> Path:
    """Return the file whose lock it is; its name tells nothing of the store's address."""
    store = hashlib.sha256(f"{address.uri}\n{campaign}".encode()).hexdigest()[:16]
    return home.path / f"projection-{store}.lock"
