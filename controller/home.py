"""The home: the folder that holds a laboratory's journal and artifacts, held by one control."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.file_identity import file_identity
from experiments.errors import HomeInUse, Invalid

_SUBFOLDERS: Final = ("artifacts", "compute", "logs", "reports")
_REMOTE: Final = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph", "glusterfs"),
    *("afs", "9p2000", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph-fuse"),
}
"""File systems on which file locks or shared memory cannot be relied on."""
_LOCK_PATIENCE_S: Final = 0.5
"""A reader that asks whether somebody holds the lock holds it itself for an instant."""


@dataclass(frozen=True)
class Home:
    """Where everything of one laboratory lies."""

    path: Path

    @property
    def journal(self) -> Path:
        """Return the event log."""
        return self.path / "journal.db"

    @property
    def artifacts(self) -> Path:
        """Return the folder of files named by content hash."""
        return self.path / "artifacts"

    @property
    def compute(self) -> Path:
        """Return compute's working directory, which stays empty."""
        return self.path / "compute"

    @property
    def logs(self) -> Path:
        """Return the folder of the processes' logs."""
        return self.path / "logs"

    @property
    def reports(self) -> Path:
        """Return the folder of the reports."""
        return self.path / "reports"

    @property
    def socket(self) -> Path:
        """Return where the control that holds the home takes orders."""
        return self.path / "control.sock"

    @property
    def metrics(self) -> Path:
        """Return the file a textfile collector reads."""
        return self.path / "metrics.prom"

    @property
    def lock(self) -> Path:
        """Return the file whose lock one control process holds."""
        return self.path / "control.lock"

    def holder(self) -> int | None:
        """Return the process id of the control that holds the home now, or None."""
        try:
            descriptor = os.open(self.lock, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _pid_in(descriptor)
        finally:
            os.close(descriptor)
        return None


def existing_home(path: Path) -> Home:
    """Return the home at a path, to read from. Raises ``Invalid`` where there is none."""
    home = Home(path)
    if not home.journal.is_file():
        raise Invalid(f"{path} is no Cellwright home: it has no journal.db; start with --home DIR")
    return home


def make_home(path: Path) -> Home:
    """Make the home's folders, for their owner alone, and return it.

    Raises ``Invalid`` where it cannot be written, lies on a remote file system, or was put into
    what was left in its place.
    """
    home = Home(path)
    if path.is_dir() and not home.journal.exists():
        for inner in sorted(path.glob("*/journal.db")):
            raise Invalid(
                f"home {path} has no journal, but {inner.parent} has one: was it moved into it? "
                "Move it out again, or name it with --home DIR"
            )
    try:
        if not path.exists():
            path.mkdir(mode=0o700, parents=True)
        for name in _SUBFOLDERS:
            (path / name).mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise Invalid(
            f"home {path} cannot be written: {error.strerror}; choose another with --home DIR"
        ) from error
    kind = _file_system(path)
    if kind in _REMOTE:
        raise Invalid(
            f"home {path} lies on {kind}, where file locks cannot be trusted; choose a folder on a "
            "local disk with --home DIR"
        )
    return home


class HomeLock:
    """The exclusive lock on a home, held until ``release`` or the process's end."""

    def __init__(self, home: Home, *, take_over: bool = False) -> None:
        """Take the lock. Raises ``HomeInUse`` with the holder's pid, unless ``take_over``.

        Taking over puts a new lock file in the old one's place: later processes meet the new
        holder, and the old holder's lock is on a file nobody opens again. The old holder itself is
        stopped by the journal's epoch.
        """
        self._home = home
        self._descriptor = self._replace() if take_over else self._take()

    def release(self) -> None:
        """Give the lock back."""
        with contextlib.suppress(OSError):
            os.close(self._descriptor)

    def _take(self) -> int:
        deadline = time.monotonic() + _LOCK_PATIENCE_S
        while True:
            descriptor = os.open(
                self._home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, stat.S_IRUSR | stat.S_IWUSR
            )
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = _pid_in(descriptor)
                os.close(descriptor)
                if time.monotonic() > deadline:
                    raise HomeInUse(
                        f"home {self._home.path} is in use by process {pid or 'unknown'}; wait for "
                        "it, stop it, or take the home from it with --take-over",
                        pid=pid,
                    ) from None
                time.sleep(0.02)
                continue
            if file_identity(self._home.lock) == file_identity(descriptor):
                _write_pid(descriptor)
                return descriptor
            os.close(descriptor)

    def _replace(self) -> int:
        descriptor, name = tempfile.mkstemp(prefix="control.lock.", dir=self._home.path)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _write_pid(descriptor)
        os.replace(name, self._home.lock)
        return descriptor


def _write_pid(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _pid_in(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
    return int(text) if text.isdigit() else None


def _file_system(path: Path) -> str | None:
    """Return the type of the file system a path lies on, or None where that is not known."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        device = path.stat().st_dev
    except OSError:
        return None
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in lines:
        left, _, right = line.partition(" - ")
        if left.split()[2] == wanted:
            return right.split()[0]
    return None
