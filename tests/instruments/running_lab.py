"""A simulated lab that serves over real HTTP, in a thread, for the length of a block."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import uvicorn

from experiments.build import BuildPayload
from experiments.capabilities import Capabilities
from instruments.lab_simulator.clock import OPENED_S, LabClock
from instruments.lab_simulator.desk import Desk
from instruments.lab_simulator.faults import FaultPlan, FaultyLab
from instruments.lab_simulator.ledger import Ledger
from instruments.lab_simulator.physics import MadeBuild
from instruments.lab_simulator.server import create_app
from tests.instruments.a_build import LIMITS, SECRET


@dataclass
class RunningLab:
    address: str
    faulty: FaultyLab
    folder: Path

    def coatings(self) -> list[str]:
        ledger = Ledger(self.folder / "ledger.sqlite")
        try:
            return [build_id for build_id, _ in ledger.coatings()]
        finally:
            ledger.close()


async def never(build_id: str, payload: BuildPayload) -> MadeBuild:
    """Make no cells: what a lab is that has only just begun."""
    await asyncio.Event().wait()
    raise AssertionError


OFFER = Capabilities(
    instrument="lab",
    is_simulated=True,
    chemistries=("NMC811",),
    formats=("coin", "single-layer-pouch"),
    limits=LIMITS,
    max_cells=8,
    stock={"cells": 1000.0},
)


@contextlib.contextmanager
def running_lab(
    folder: Path, *, rates: dict[str, float] | None = None, seed: int = 0, make=never, scale=1.0
) -> Iterator[RunningLab]:
    folder.mkdir(exist_ok=True)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    held: dict[str, object] = {}
    ready = threading.Event()

    def serve() -> None:
        ledger = Ledger(folder / "ledger.sqlite")
        desk = Desk(
            ledger=ledger,
            clock=LabClock(
                time.monotonic, scale, ledger.number("clock", OPENED_S), time.monotonic()
            ),
            secret=SECRET,
            offer=OFFER,
            make=make,
            random=Random(seed),
        )
        app = FaultyLab(create_app(desk), FaultPlan(rates or {}, seed), ledger.forget_all)
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1)
        )
        held.update(server=server, app=app)
        ready.set()
        asyncio.run(server.serve(sockets=[listener]))

    thread = threading.Thread(target=serve)
    thread.start()
    ready.wait(10)
    try:
        yield RunningLab(f"http://127.0.0.1:{listener.getsockname()[1]}", held["app"], folder)
    finally:
        held["server"].should_exit = True
        thread.join(15)
        listener.close()
        assert not thread.is_alive()
