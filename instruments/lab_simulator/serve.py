"""Open the simulated lab: its folder, its secret, its socket; serve until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import multiprocessing
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path
from random import Random
from typing import Final

from experiments.build import BuildPayload
from experiments.capabilities import Capabilities, Limits, Range
from experiments.errors import Invalid
from instruments.lab_simulator.clock import OPENED_S, LabClock
from instruments.lab_simulator.cycler_files import SUFFIX
from instruments.lab_simulator.desk import Desk, MakeBuild
from instruments.lab_simulator.faults import FaultPlan, FaultyLab
from instruments.lab_simulator.ledger import Ledger
from instruments.lab_simulator.physics import MadeBuild, make_build
from instruments.lab_simulator.reality import Reality
from instruments.secret_file import read_secret

LIMITS: Final = Limits(
    thickness_m=Range(min=20e-6, max=180e-6),
    loading_kg_per_m2=Range(min=0.03, max=0.5),
    porosity=Range(min=0.18, max=0.60),
    voltage_V=Range(min=2.0, max=4.4),
    current_A=0.2,
    temperature_C=Range(min=10.0, max=60.0),
)
"""Of a small research line; assumed."""
STOCK: Final = {"NMC811": 2.0, "binder": 0.2, "carbon": 0.2, "cells": 1000.0}


@dataclass(frozen=True)
class LabOptions:
    """How the lab is opened."""

    folder: Path
    name: str = "lab"
    host: str = "127.0.0.1"
    port: int = 8765
    secret_file: Path | None = None
    """Default ``FOLDER/secret``; made on first opening."""
    time_scale: float = 1.0
    file_format: str = "bdf-csv"
    reality: Reality = field(default_factory=Reality)
    faults: FaultPlan = field(default_factory=lambda: FaultPlan({}))
    stock: dict[str, float] = field(default_factory=lambda: dict(STOCK))
    has_amnesia: bool = False
    """Forget every build on opening, as a lab restored from nothing would."""


def serve(
    options: LabOptions,
    announce: Callable[[str, Path], None],
    *,
    make: MakeBuild | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. ``announce`` gets the address once it is bound.

    ``make`` makes the cells; None has the lab's own physics do it, in another process.
    """
    import uvicorn

    _require_sensible(options)
    listener = _bound(options.host, options.port)
    secret_file = _secret_file(options)
    address = f"http://{options.host}:{listener.getsockname()[1]}"
    with contextlib.ExitStack() as held:
        makes = make or held.enter_context(_physics(options))
        desk = open_desk(options, read_secret(secret_file), makes)
        from instruments.lab_simulator.server import create_app

        app = FaultyLab(create_app(desk), options.faults, desk.ledger.forget_all)
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
        )
        announce(address, secret_file)
        server.run(sockets=[listener])


@contextlib.contextmanager
def _physics(options: LabOptions) -> Iterator[MakeBuild]:
    """Give what makes cells in a process of its own, which ends with the lab."""
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawning, initializer=_end_with_parent) as pool:

        async def make(build_id: str, payload: BuildPayload) -> MadeBuild:
            return await asyncio.get_running_loop().run_in_executor(
                pool, make_build, build_id, payload, options.reality, options.file_format
            )

        yield make


def open_desk(options: LabOptions, secret: bytes, make: MakeBuild) -> Desk:
    """Return the front desk over the folder's ledger."""
    ledger = Ledger(options.folder / "ledger.sqlite")
    if options.has_amnesia:
        ledger.forget_all()

    return Desk(
        ledger=ledger,
        clock=LabClock(
            seconds=time.monotonic,
            scale=options.time_scale,
            from_s=ledger.number("clock", OPENED_S),
            started=time.monotonic(),
        ),
        secret=secret,
        offer=Capabilities(
            instrument=options.name,
            is_simulated=True,
            chemistries=("NMC811",),
            formats=("coin", "single-layer-pouch"),
            limits=LIMITS,
            stock=options.stock,
        ),
        make=make,
        random=Random(options.reality.seed),  # noqa: S311
    )


def _end_with_parent() -> None:
    """Make the cells' process end when the lab is killed: its queue alone would not tell it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        connection.wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _require_sensible(options: LabOptions) -> None:
    if not 0.0 < options.time_scale <= 1e6:
        raise Invalid(f"--time-scale {options.time_scale:g}: allowed: above 0 to 1000000")
    if options.file_format not in SUFFIX:
        raise Invalid(f"--file-format {options.file_format!r}: allowed: {', '.join(SUFFIX)}")


def _bound(host: str, port: int) -> socket.socket:
    """Return a listening socket, on this machine only."""
    if not ipaddress.ip_address(host).is_loopback:
        raise Invalid(f"--host {host}: the simulated lab listens on a loopback address only")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Invalid(f"--port {port}: {error.strerror}") from error
    listener.listen(64)
    return listener


def _secret_file(options: LabOptions) -> Path:
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.secret_file or options.folder / "secret"
    if not path.exists():
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    return path
