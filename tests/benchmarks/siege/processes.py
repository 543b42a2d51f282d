"""The processes of a siege: lab, control and parser, forked from one that has imported everything.

Each is what its command runs: ``instruments.lab_simulator.serve``, and the ``Control`` of a home of
its own with lock, journal and socket. Only compute is a stand-in: it holds no state.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from agents.messages import Ask, Configure
from controller.campaign_file import LoadedCampaign
from controller.clock import SystemClock
from controller.control import Control
from controller.control_socket import control_socket
from controller.failpoint import arm
from controller.home import HomeLock, make_home
from controller.inbox import Inbox
from controller.journal import Journal
from controller.lab import Lab
from controller.lab_link import LabLink
from controller.opening import open_campaign
from experiments.campaign import Campaign
from experiments.errors import CellwrightError
from experiments.ranking import Ranking
from instruments.http_lab import HttpLab
from instruments.lab_simulator.desk import MakeBuild
from instruments.lab_simulator.faults import FaultPlan
from instruments.lab_simulator.serve import LabOptions, serve
from instruments.results import parser_worker
from instruments.results.parser import Parser
from instruments.secret_file import read_secret
from tests.benchmarks.siege.cells import campaign
from tests.controller.doubles import FakeCompute, Watcher, sequence_ranking

TIMEOUT_S = 2.0
POLL_S = 0.05
SCALE = 1e6
_DIE_WITH_PARENT = 1


def forked(work: Callable[[], None], log: Path) -> int:
    """Do something in a process of its own, which ends with this one; return its id."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        with log.open("ab", buffering=0) as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        work()
        status = 0
    except BaseException:  # noqa: BLE001 - whatever it was, it belongs into the log
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def lab_process(
    folder: Path, port: int, make: MakeBuild, rates: dict[str, float], seed: int
) -> int:
    """Open the lab on its folder; it serves until it is killed."""
    options = LabOptions(
        folder=folder, port=port, time_scale=SCALE, faults=FaultPlan(rates, seed),
    )  # fmt: skip
    return forked(lambda: serve(options, lambda *_: None, make=make), folder.parent / "lab.log")


@dataclass
class _Worker:
    """A forked parser's pipes, as ``Parser`` knows a process."""

    stdin: Any
    stdout: Any

    def poll(self) -> None:
        return None

    def wait(self, timeout: float | None = None) -> int:
        return 0

    def kill(self) -> None:
        return None


class ForkedParser(Parser):
    """The parser's own worker, forked instead of started: its imports are paid once."""

    def __init__(self, worker: _Worker) -> None:
        super().__init__()
        self._process = worker  # type: ignore[assignment]
        self._is_ready = False

    def _running(self) -> Any:
        if not self._is_ready and self._process is not None:
            self._is_ready = True
            self._line(self._process, time.monotonic() + 60.0)
        return super()._running()


def control_process(folder: Path, port: int, failpoint: str | None) -> tuple[int, int]:
    """Start control on the folder's home, and its parser; return their ids, control's first.

    Control goes on until the campaign ends; it may die at a failpoint.
    """
    from_control, to_parser = os.pipe()
    from_parser, to_control = os.pipe()

    def parse() -> None:
        os.dup2(from_control, 0)
        os.dup2(to_control, 1)
        for pipe in (from_control, to_parser, from_parser, to_control):
            os.close(pipe)
        sys.stdin = os.fdopen(0)
        parser_worker.main()

    def control() -> None:
        os.close(from_control)
        os.close(to_control)
        if failpoint is not None:
            arm(failpoint)
        worker = _Worker(os.fdopen(to_parser, "wb", 0), os.fdopen(from_parser, "rb", 0))
        _control(folder, port, ForkedParser(worker))

    worker = forked(parse, folder / "parser.log")
    main = forked(control, folder / "control.log")
    for pipe in (from_control, to_parser, from_parser, to_control):
        os.close(pipe)
    return main, worker


class _Calm(FakeCompute):
    """Compute that has nothing to do most of the time."""

    async def next(self, timeout_s: float) -> list[Any]:
        if self.lives and not (self.jobs or self.asks):
            await asyncio.sleep(0.03)
            return []
        return await super().next(timeout_s)


def _rank(ask: Ask, asked: Campaign, seen: list[Any]) -> Ranking:
    """Rank as if proposals were jobs under way: none is asked for twice."""
    together = ask.model_copy(update={"pending": (*ask.pending, *ask.proposed)})
    return sequence_ranking(together, asked, seen)


def _control(folder: Path, port: int, parser: Parser) -> None:
    home = make_home(folder / "home")
    lock, clock = HomeLock(home), SystemClock()
    journal = Journal(home.journal, clock)
    secret = read_secret(folder / "lab" / "secret")
    adapter = HttpLab(
        "bench", f"http://127.0.0.1:{port}", secret, home.path / "spool",
        is_simulated=True, timeout_s=TIMEOUT_S,
    )  # fmt: skip
    inbox, asked = Inbox(), campaign()
    state = open_campaign(journal, LoadedCampaign(asked, "siege.yaml", "name: small"))
    link = LabLink(adapter, secret, parser=parser)
    control = Control(
        state,
        journal=journal,
        compute=_Calm(seed=journal.epoch, rank=_rank, is_patient=True),
        configure=Configure(campaign=asked, home=str(home.path), artifact_url="file:///none"),
        view=Watcher(),
        clock=clock,
        inbox=inbox,
        lab=Lab(link, clock, log=_log, poll_s=POLL_S),
        log=_log,
    )

    async def work() -> None:
        listening = asyncio.create_task(_listen(adapter))
        async with control_socket(home, inbox):
            await control.run()
        if listening.done() and isinstance(error := listening.exception(), AssertionError):
            raise error
        listening.cancel()

    asyncio.run(work())
    journal.close()
    lock.release()


async def _listen(lab: HttpLab) -> None:
    """Follow the lab's notices; each may come once and in order only, whatever the lab sends."""
    last = 0
    while True:
        try:
            for notice in await lab.notices(last):
                assert notice.sequence > last, "a notice came twice, or out of order"
                last = notice.sequence
        except CellwrightError as error:
            _log(f"notices: {error.message}")
        await asyncio.sleep(0.2)


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def import_everything() -> None:
    """Import what the processes would import later: they are forked from this one."""
    import bdf.io  # noqa: F401
    import NewareNDA  # noqa: F401
    import openpyxl  # noqa: F401
    import pandas as pd  # noqa: F401
    import pyarrow.parquet as pq  # noqa: F401
    import uvicorn.lifespan.on
    import uvicorn.loops.auto
    import uvicorn.protocols.http.auto
    import uvicorn.protocols.websockets.auto  # noqa: F401

    import instruments.lab_simulator.server  # noqa: F401

    HttpLab("warm", "http://127.0.0.1:9", bytes(32), Path("none"))
    gc.collect()
    gc.freeze()


def failpoint_of(dice: Random) -> str | None:
    """Return where control dies by itself this time, or None."""
    name = dice.choice(("journal before commit", "journal after commit"))
    return f"{name}:{dice.randint(2, 25)}" if dice.random() < 0.5 else None
