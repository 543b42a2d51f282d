"""A Ray cluster of several nodes on one machine, each a process group that can be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from agents.session_folder import session_folder

TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}


def environment(**more: str) -> dict[str, str]:
    """Return an environment without what the tests' own Ray has set; loopback only."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "PYTHON"))}
    return {**kept, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1", **more}


class RayCluster:
    """A head without CPUs of its own, and nodes."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        self._folder = session_folder()
        self._nodes: list[subprocess.Popen[str]] = []
        self._start("--head", f"--port={port}", "--num-cpus=0", f"--temp-dir={self._folder}",
                    "--include-dashboard=false", "--disable-usage-stats")  # fmt: skip

    def add_node(self, n_cpus: int) -> int:
        """Add a node and return its number."""
        self._start(f"--address={self.address}", f"--num-cpus={n_cpus}")
        return len(self._nodes) - 1

    def kill_node(self, number: int) -> None:
        """Kill all processes of a node at once, as a lost machine does."""
        os.killpg(self._nodes[number].pid, signal.SIGKILL)
        self._nodes[number].wait(30)

    def close(self) -> None:
        """Kill whatever is left."""
        for node in reversed(self._nodes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(node.pid, signal.SIGKILL)
            node.wait(30)
            if node.stdout is not None:
                node.stdout.close()

    def _start(self, *options: str) -> None:
        """Start a node. Ray gives its own start half a minute, which a busy machine may exceed."""
        for _ in range(3):
            said = self._try(*options)
            if not said:
                return
        raise AssertionError(said)

    def _try(self, *options: str) -> str:
        """Start a node; return what it said where that failed."""
        node = subprocess.Popen(
            [sys.executable, "-m", "ray.scripts.scripts", "start", "--block",
             "--node-ip-address=127.0.0.1", "--object-store-memory=100000000", *options],
            env=environment(**TOKEN),
            cwd=Path(self._folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )  # fmt: skip
        assert node.stdout is not None
        said = []
        for line in node.stdout:
            said.append(line)
            if "Ray runtime started" in line:
                self._nodes.append(node)
                return ""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(node.pid, signal.SIGKILL)
        node.wait(30)
        node.stdout.close()
        return "".join(said)
