"""A rival's own process in an environment of its own: one JSON line asked, one answered.

An environment is a virtual environment ``<CELLWRIGHT_RIVALS>/<name>`` (default ``build/rivals``),
made with the pinned requirements named in the first line of the rival's server, a script that
imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any


def rival_python(name: str) -> Path | None:
    """Return the Python of a rival's environment, or None where it is not here."""
    ours = Path(__file__).resolve().parents[2] / "build" / "rivals"
    python = Path(os.environ.get("CELLWRIGHT_RIVALS", ours)) / name / "bin" / "python"
    return python if python.is_file() else None


class RivalServer:
    """Runs a script on one thread for as long as this object lives."""

    def __init__(self, python: Path, script: Path) -> None:
        self._name = script.stem
        self._process = subprocess.Popen(
            [str(python), str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ, OMP_NUM_THREADS="1"),
        )

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a message. Raises ``RuntimeError`` where the server ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __del__(self) -> None:
        self._process.terminate()
        self._process.wait()
