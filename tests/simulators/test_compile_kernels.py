"""After the kernels were compiled, a fresh process compiles none of them again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COUNT = """
from numba.core import event
from simulators.compile_kernels import compile_kernels
with event.install_recorder("numba:compile") as recorder:
    compile_kernels()
print(len(recorder.buffer))
"""


def test_a_second_process_finds_every_kernel_compiled() -> None:
    counts = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", COUNT], capture_output=True, text=True, check=True, cwd=ROOT
        )
        counts.append(int(done.stdout.split()[-1]))
    assert counts[1] == 0
