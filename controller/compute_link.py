"""One life of the compute process: started, spoken with over two descriptors, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol, Self

import controller
from agents.messages import MAX_LINE_BYTES, Shutdown, ToControl, decode_to_control, encode
from experiments.errors import Unreachable
from experiments.frozen import Frozen

_CODE_FOLDER: Final = Path(controller.__file__).parent.parent
_LARGEST_LOG_BYTES: Final = 20_000_000
_END_PATIENCE_S: Final = 3.0


def compute_command(read_descriptor: int, write_descriptor: int) -> list[str]:
    """Return the command line of compute; ``-P`` keeps the working directory off the path."""
    return [
        sys.executable,
        "-P",
        "-m",
        "agents.compute",
        str(read_descriptor),
        str(write_descriptor),
    ]


def compute_environment(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return an environment in which ``agents`` is ours, whatever lies in the user's folder.

    What the user put on the path stays importable, behind our code, made absolute from ``folder``.
    """
    inherited = environment.get("PYTHONPATH", "").split(os.pathsep)
    paths = [str(_CODE_FOLDER), *(str((folder / path).absolute()) for path in inherited if path)]
    return {**environment, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


class Link(Protocol):
    """The line to one life of compute."""

    def send(self, message: Frozen) -> None:
        """Hand a message over."""
        ...

    async def receive(self) -> ToControl:
        """Wait for the next message. Raises ``Unreachable`` at the end, ``Invalid`` on nonsense."""
        ...

    async def end(self, patience_s: float) -> None:
        """End the life in good order, or at once where that takes too long."""
        ...

    def kill(self) -> None:
        """End the life at once."""
        ...

    def last_words(self, *, n_lines: int = 5) -> Sequence[str]:
        """Return the end of what this life wrote to its log."""
        ...


class ComputeLink:
    """A running compute process."""

    def __init__(
        self,
        process: Process,
        reader: asyncio.StreamReader,
        writer: asyncio.WriteTransport,
        log: Path,
        log_start: int,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._log = log
        self._log_start = log_start

    @classmethod
    async def open(
        cls,
        *,
        working_folder: Path,
        log: Path,
        environment: Mapping[str, str],
        command: Callable[[int, int], list[str]] = compute_command,
    ) -> Self:
        """Start the process in a group of its own; its output goes to the log.

        Nothing is left open where that fails; a process that was started sees its line end.
        """
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            theirs_in, ours_out = os.pipe()
            theirs.callback(os.close, theirs_in)
            sending = ours.enter_context(os.fdopen(ours_out, "wb", 0))
            ours_in, theirs_out = os.pipe()
            theirs.callback(os.close, theirs_out)
            receiving = ours.enter_context(os.fdopen(ours_in, "rb", 0))
            turn_over(log)
            with log.open("ab") as output:
                start = output.tell()
                process = await asyncio.create_subprocess_exec(
                    *command(theirs_in, theirs_out),
                    cwd=working_folder,
                    env=dict(environment),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(theirs_in, theirs_out),
                    start_new_session=True,
                )
            loop = asyncio.get_running_loop()
            reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
            await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), receiving)
            writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, sending)
            ours.pop_all()  # from here on the transports close them
        return cls(process, reader, writer, log, start)

    @property
    def pid(self) -> int:
        """Return the process's id, which is its group's too."""
        return self._process.pid

    def send(self, message: Frozen) -> None:
        """Hand a message over; what compute does not read waits here."""
        self._writer.write(encode(message))

    async def receive(self) -> ToControl:
        """Wait for the next message. Raises ``Unreachable`` at the end, ``Invalid`` on nonsense."""
        try:
            line = await self._reader.readline()
        except ValueError as error:
            raise Unreachable(f"compute sent a line over {MAX_LINE_BYTES} bytes") from error
        if not line.endswith(b"\n"):
            raise Unreachable(f"compute ended {await self._how_it_ended()}")
        return decode_to_control(line)

    async def end(self, patience_s: float) -> None:
        """Ask the process to end, wait so long, then kill whatever is left of its group."""
        if self._process.returncode is None and patience_s > 0:
            self.send(Shutdown())
            self._writer.write_eof()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), patience_s)
        self.kill()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _END_PATIENCE_S)
        if not self._writer.is_closing():
            self._writer.abort()

    def kill(self) -> None:
        """Kill the whole process group at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def last_words(self, *, n_lines: int = 5) -> Sequence[str]:
        """Return the end of what this life wrote to the log."""
        try:
            with self._log.open("rb") as stream:
                size = stream.seek(0, os.SEEK_END)
                stream.seek(max(self._log_start, size - 8192))
                text = stream.read().decode(errors="replace")
        except OSError:
            return ()
        return [line.strip() for line in text.splitlines() if line.strip()][-n_lines:]

    async def _how_it_ended(self) -> str:
        try:
            status = await asyncio.wait_for(self._process.wait(), _END_PATIENCE_S)
        except TimeoutError:
            return "its side of the line, and goes on running"
        if status < 0:
            return f"by {signal.Signals(-status).name}"
        return f"with status {status}"


def turn_over(log: Path) -> None:
    """Start a new log where the old one is large; one old one is kept."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > _LARGEST_LOG_BYTES:
            log.replace(log.with_suffix(".1.log"))
