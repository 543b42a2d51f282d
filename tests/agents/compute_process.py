"""A compute process as control starts it, for tests."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import agents
from agents.messages import ToControl, decode_to_control, encode
from experiments.frozen import Frozen

REPOSITORY = Path(agents.__file__).parent.parent


class ComputeProcess:
    """``python -P -m agents.compute`` in a folder, with the two descriptors."""

    def __init__(self, folder: Path, **environment: str) -> None:
        theirs_in, self._ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self.log = folder / "compute.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "agents.compute", str(theirs_in), str(theirs_out)],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
                pass_fds=(theirs_in, theirs_out),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        os.close(theirs_in)
        os.close(theirs_out)
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, args=(ours_in,), daemon=True)
        self._reader.start()

    def _read(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb") as stream:
            for line in stream:
                self._lines.put(line)
        self._lines.put(None)

    def send(self, *messages: Frozen) -> None:
        """Write messages."""
        for message in messages:
            self.send_raw(encode(message))

    def send_raw(self, data: bytes) -> None:
        """Write bytes as they are."""
        while data:
            data = data[os.write(self._ours_out, data) :]

    def receive(self, patience_s: float = 90.0) -> ToControl | None:
        """Return the next message, or None at the end of the line."""
        line = self._lines.get(timeout=patience_s)
        return None if line is None else decode_to_control(line)

    def until(self, kind: type[Any], patience_s: float = 90.0) -> Any:
        """Return the next message of the kind; a fault instead of it is shown."""
        end = time.monotonic() + patience_s
        while True:
            message = self.receive(max(0.1, end - time.monotonic()))
            if isinstance(message, kind):
                return message
            assert message is not None, f"compute ended: {self.log.read_text()[-3000:]}"
            assert message.kind != "fault", message

    def hang_up(self) -> None:
        """Close control's end of the line."""
        if self._ours_out >= 0:
            os.close(self._ours_out)
            self._ours_out = -1

    def close(self) -> None:
        """End the process."""
        self.hang_up()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(20)


def descendants(pid: int) -> set[int]:
    """Return the process ids below a process."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return found - {pid}
        found |= more


def living(pids: set[int]) -> set[int]:
    """Return those processes that still run."""
    alive = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            alive.add(pid)
    return alive
