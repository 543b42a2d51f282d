from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from controller.compute_link import ComputeLink, compute_command, compute_environment
from experiments.errors import Unreachable

ECHO = """
import os, sys
read, write = map(int, sys.argv[1:])
while data := os.read(read, 65536):
    os.write(write, data)
"""


def n_open() -> int:
    return len(os.listdir("/proc/self/fd"))


async def opened(folder: Path, log: Path, program: str = sys.executable) -> ComputeLink:
    return await ComputeLink.open(
        working_folder=folder,
        log=log,
        environment=os.environ,
        command=lambda read, write: [program, "-c", ECHO, str(read), str(write)],
    )


def test_the_command_leaves_the_working_folder_off_the_path() -> None:
    assert compute_command(3, 4)[1:] == ["-P", "-m", "agents.compute", "3", "4"]


def test_the_users_own_paths_come_behind_our_code_and_are_absolute(tmp_path: Path) -> None:
    given = {"PYTHONPATH": f"lib{os.pathsep}/opt/lib{os.pathsep}", "LANG": "C"}
    made = compute_environment(given, tmp_path)
    ours, *theirs = made["PYTHONPATH"].split(os.pathsep)
    assert (Path(ours) / "agents" / "compute.py").is_file()
    assert theirs == [str(tmp_path / "lib"), "/opt/lib"]
    assert made["LANG"] == "C"


def test_a_link_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    log = tmp_path / "compute.log"

    async def scene() -> None:
        for folder, place, program in (
            (tmp_path, tmp_path / "none" / "compute.log", sys.executable),
            (tmp_path / "none", log, sys.executable),
            (tmp_path, log, str(tmp_path / "no-python")),
        ):
            before = n_open()
            with pytest.raises(FileNotFoundError):
                await opened(folder, place, program)
            assert n_open() == before

    asyncio.run(scene())


def test_a_link_gives_everything_back_when_it_ends(tmp_path: Path) -> None:
    async def scene() -> None:
        before = n_open()
        link = await opened(tmp_path, tmp_path / "compute.log")
        link.kill()
        with pytest.raises(Unreachable, match="ended by SIGKILL"):
            await link.receive()
        await link.end(0.0)
        async with asyncio.timeout(20):
            while n_open() != before:
                await asyncio.sleep(0.01)  # the transports close in the loop's own time

    asyncio.run(scene())
