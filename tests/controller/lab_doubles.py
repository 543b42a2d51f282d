"""Cells that answer a protocol exactly, and a campaign's control at a lab over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
from aurora_unicycler import ConstantCurrent, ConstantVoltage

from controller.dispatcher import Dispatcher
from controller.lab_link import LabLink
from controller.proposal_events import BuildQueued
from experiments.build import BuildPayload
from experiments.build_status import AsBuilt
from instruments.coating_plan import coating_plan, current_A, unrolled
from instruments.http_lab import HttpLab
from instruments.lab_simulator.cycler_files import SUFFIX, write_cycler_file
from instruments.lab_simulator.ledger import MadeFile
from instruments.lab_simulator.physics import MadeBuild
from instruments.results.cycling_record import CyclingRecord
from tests.controller.build_doubles import Book
from tests.instruments.a_build import SECRET

RESISTANCE_OHM = 4.0
LOSS_PER_RATE = 0.05
"""Share of the capacity that a cell loses per C-rate."""


def linear_cell(payload: BuildPayload, sample: str, *, until: float = 1.0) -> CyclingRecord:
    """Return what a cell with a straight open-circuit line and one resistance shows."""
    capacity_Ah = coating_plan(payload.request).cell_capacity_Ah
    columns: list[list[np.ndarray]] = []
    begins_s = 0.0
    for number, step in enumerate(unrolled(payload.request.protocol), start=1):
        if isinstance(step, ConstantCurrent):
            amperes = current_A(step, capacity_Ah)
            passed_Ah = capacity_Ah * (1.0 - LOSS_PER_RATE * abs(amperes) / capacity_Ah)
            time_s = np.linspace(0.0, 3600.0 * passed_Ah / abs(amperes), 200)
            share = time_s / time_s[-1]
            open_V = 2.6 + 1.5 * (share if amperes > 0 else 1.0 - share)
            voltage_V = np.clip(open_V + RESISTANCE_OHM * amperes, 2.5, 4.2)
            voltage_V[-1] = 2.5 if amperes < 0 else 4.2
        elif isinstance(step, ConstantVoltage):
            continue
        else:
            time_s, amperes = np.linspace(0.0, 600.0, 30), 0.0
            voltage_V = np.full(30, 4.1)
        columns.append(
            [
                begins_s + time_s,
                voltage_V,
                np.full(len(time_s), amperes),
                np.full(len(time_s), number),
            ]
        )
        begins_s += float(time_s[-1]) + 1.0
    time_s, voltage_V, amperes_A, steps = (np.concatenate(c) for c in zip(*columns, strict=True))
    n = max(3, int(until * len(time_s)))
    return CyclingRecord(
        time_s[:n], voltage_V[:n], amperes_A[:n], steps[:n].astype(int), None, sample
    )


async def make_linear(build_id: str, payload: BuildPayload) -> MadeBuild:
    """Make good cells; the coating is 2% thicker than asked. The last cell of three is dead."""
    asked = payload.request.recipe.positive
    built = AsBuilt(thickness_m=1.02 * asked.thickness_m, porosity=asked.porosity)
    files = []
    for n in range(1, payload.request.n_cells + 1):
        is_ok, sample = n != 3, f"{build_id}-cell{n}"
        record = linear_cell(payload, sample, until=1.0 if is_ok else 0.2)
        files.append(
            MadeFile(
                cell=n,
                name=sample + SUFFIX["biologic-mpt"],
                content=write_cycler_file(record, "biologic-mpt"),
                is_ok=is_ok,
                reason=None if is_ok else "internal short",
                as_built=AsBuilt(),
            )
        )
    return MadeBuild(built, tuple(files))


def queue(book: Book, unit: float, number: int = 1, *, by=None) -> str:
    """Propose a design, approve it, and return the build's id."""
    from controller.decisions import decide_proposal
    from tests.controller.build_doubles import person

    proposal = book.propose_real(unit, f"p{number}")
    events = decide_proposal(
        book.state,
        proposal.id,
        proposal.digest,
        "approved",
        by or person(),
        now=book.now,
        build_id=f"b{number}",
    )
    book.write(*events)
    queued = events[1]
    assert isinstance(queued, BuildQueued)
    return queued.build.id


class Session:
    """One control process's dispatcher, which may be ended at any point."""

    def __init__(self, book: Book, address: str, folder, **changes) -> None:
        self.book = book
        self.said: list[str] = []
        lab = HttpLab("bench", address, SECRET, folder / "spool", is_simulated=True, timeout_s=2.0)
        self.link = LabLink(lab, SECRET, **changes)
        self.dispatcher = Dispatcher(
            self.link,
            state=lambda: book.state,
            store=lambda events: book.write(*events) and None,
            learn=lambda told: None,
            log=self.said.append,
            poll_s=0.02,
        )

    async def until(self, is_enough: Callable[[], bool], *, n: int = 400) -> None:
        for _ in range(n):
            if is_enough():
                break
            await self.dispatcher.round()
            await asyncio.sleep(0.02)
        await self.link.close()
        assert is_enough(), self.said
