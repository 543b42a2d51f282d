"""The simulated lab's front desk: lets builds in, says how they fare, hands out their files."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from experiments.build import BuildPayload, SignedBuild
from experiments.build_status import (
    AsBuilt,
    BuildState,
    BuildStatus,
    CellStatus,
    ResultEntry,
)
from experiments.capabilities import Capabilities
from experiments.errors import CellwrightError, Rejected
from instruments.coating_plan import coating_plan, expected_s
from instruments.gate import require_allowed
from instruments.lab_simulator.clock import LabClock, iso
from instruments.lab_simulator.ledger import KnownBuild, Ledger, MadeFile
from instruments.lab_simulator.partial import cut_short
from instruments.lab_simulator.physics import MadeBuild
from instruments.lab_simulator.schedule import STATIONS, Task, plan_work

MakeBuild = Callable[[str, BuildPayload], Awaitable[MadeBuild]]
"""Makes and tests a build's cells, in another process."""

_log = logging.getLogger(__name__)


@dataclass
class Desk:
    """One lab; every method runs in the server's only thread."""

    ledger: Ledger
    clock: LabClock
    secret: bytes
    offer: Capabilities
    make: MakeBuild
    random: Random
    now_iso: Callable[[float], str] = iso
    _making: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _told: dict[int, BuildState] = field(default_factory=dict)

    def capabilities(self) -> Capabilities:
        """Return the offer with what is left in stock; a coating takes its material for good."""
        stock = {
            name: self.ledger.number(f"stock.{name}", amount)
            for name, amount in self.offer.stock.items()
        }
        return self.offer.model_copy(update={"stock": stock})

    def submit(self, build: SignedBuild) -> tuple[BuildStatus, bool]:
        """Let a build in or raise; return its status and whether it is new."""
        known = self.ledger.find(build.build.id)
        is_known = require_allowed(
            build,
            build.signature.epoch,
            secret=self.secret,
            newest_epoch=self.ledger.newest_epoch,
            known_sha256=None if known is None else known.build.build.payload_sha256,
            capabilities=self.capabilities(),
        )
        if is_known:
            return self.status(build.build.id), False
        now_s = self.clock.now_s()
        request = build.payload.request
        plan = coating_plan(request)
        tasks = plan_work(
            request.n_cells,
            expected_s(request.protocol, plan.cell_capacity_Ah),
            now_s=now_s,
            taken=[task for task in self.ledger.tasks() if task.ends_s > now_s],
            random=self.random,
        )
        accepted = self.ledger.accept(build, now_s, tasks)
        self._take_from_stock({**plan.material_kg, "cells": float(request.n_cells)})
        self.begin(accepted)
        return self.status(build.build.id), True

    def resume(self) -> None:
        """Make the cells of builds whose files are missing, as after a restart."""
        for known in self.ledger.builds():
            if known.aborted_s is None and known.coating is None:
                self.begin(known)

    def begin(self, known: KnownBuild) -> None:
        """Start making a build's cells; the lab tells of them when its clock says so."""
        self._making[known.number] = asyncio.get_running_loop().create_task(self._make(known))

    def status(self, build_id: str) -> BuildStatus:
        """Return how a build fares. Raises ``Rejected`` (unknown_build)."""
        known = self._known(build_id)
        now_s = self.clock.now_s()
        self.ledger.keep_number("clock", now_s)
        tasks = self.ledger.tasks(known.number)
        state, station = self._state(known, tasks, now_s)
        is_coated = any(t.station == "calendering" and t.ends_s <= now_s for t in tasks)
        status = BuildStatus(
            build_id=build_id,
            payload_sha256=known.build.build.payload_sha256,
            state=state,
            station=station,
            cells=self._cells(known, tasks, now_s),
            as_built=(known.coating if is_coated else None) or AsBuilt(),
            reason=known.reason,
            told_at=self.now_iso(now_s),
        )
        if self._told.get(known.number) != state:
            self._told[known.number] = state
            self.ledger.notify(build_id, state)
        return status

    def files(self, build_id: str) -> tuple[ResultEntry, ...]:
        """Return the result files there are now, those of running tests cut at this moment."""
        return tuple(
            ResultEntry(
                name=made.name,
                cell=made.cell,
                size_bytes=len(made.content),
                sha256=hashlib.sha256(made.content).hexdigest(),
                is_partial=is_partial,
            )
            for made, is_partial in self._present(build_id)
        )

    def file(self, build_id: str, name: str) -> bytes:
        """Return a file's bytes. Raises ``Rejected``."""
        for made, _ in self._present(build_id):
            if made.name == name:
                return made.content
        raise Rejected(f"build {build_id} has no file {name!r}", reason="unknown_file")

    def abort(self, build_id: str, reason: str) -> BuildStatus:
        """Stop a build now; what is finished stays finished."""
        known = self._known(build_id)
        state, _ = self._state(known, self.ledger.tasks(known.number), self.clock.now_s())
        if state not in (BuildState.finished, BuildState.failed):
            self.ledger.abort(known.number, self.clock.now_s(), reason)
        return self.status(build_id)

    def tick(self) -> None:
        """Notice what changed by the clock alone, and keep the clock."""
        self.ledger.keep_number("clock", self.clock.now_s())
        for known in self.ledger.builds():
            if self._told.get(known.number) not in (BuildState.finished, BuildState.aborted):
                self.status(known.build.build.id)

    async def close(self) -> None:
        """End what is being made; a restart makes it again, the same."""
        self.ledger.keep_number("clock", self.clock.now_s())
        for task in self._making.values():
            task.cancel()
        await asyncio.gather(*self._making.values(), return_exceptions=True)
        self.ledger.close()

    async def _make(self, known: KnownBuild) -> None:
        build = known.build
        try:
            made = await self.make(build.build.id, build.payload)
        except CellwrightError as error:
            self.ledger.abort(known.number, self.clock.now_s(), f"failed: {error.message}")
            return
        except Exception:  # noqa: BLE001 whatever it was, the build's owner must hear of it
            _log.exception("making build %s failed", build.build.id)
            self.ledger.abort(known.number, self.clock.now_s(), "failed: the lab's own mistake")
            return
        self.ledger.keep_cells(known.number, made.coating, made.files)

    def _known(self, build_id: str) -> KnownBuild:
        known = self.ledger.find(build_id)
        if known is None:
            raise Rejected(f"build {build_id!r} is not known here", reason="unknown_build")
        return known

    def _state(
        self, known: KnownBuild, tasks: list[Task], now_s: float
    ) -> tuple[BuildState, str | None]:
        if known.aborted_s is not None:
            has_failed = (known.reason or "").startswith("failed: ")
            return (BuildState.failed if has_failed else BuildState.aborted), None
        if all(task.ends_s <= now_s for task in tasks) and known.coating is not None:
            return BuildState.finished, None
        begun = [task for task in tasks if task.starts_s <= now_s]
        if not begun:
            return BuildState.queued, tasks[0].station
        return BuildState.running, begun[-1].station

    def _cells(self, known: KnownBuild, tasks: list[Task], now_s: float) -> tuple[CellStatus, ...]:
        until_s = now_s if known.aborted_s is None else known.aborted_s
        tested = {t.cell for t in tasks if t.cell is not None and t.ends_s <= until_s}
        return tuple(
            CellStatus(cell=m.cell, is_ok=m.is_ok, reason=m.reason, as_built=m.as_built)
            if m.cell in tested
            else CellStatus(cell=m.cell)
            for m in self.ledger.files(known.number)
        )

    def _present(self, build_id: str) -> list[tuple[MadeFile, bool]]:
        known = self._known(build_id)
        now_s = self.clock.now_s() if known.aborted_s is None else known.aborted_s
        tests = {t.cell: t for t in self.ledger.tasks(known.number) if t.cell is not None}
        rest_s = STATIONS[-1].fixed_s
        found = []
        for made in self.ledger.files(known.number):
            test = tests[made.cell]
            if test.ends_s <= now_s:
                found.append((made, False))
            elif test.starts_s + rest_s < now_s:
                share = (now_s - test.starts_s - rest_s) / (test.ends_s - test.starts_s - rest_s)
                found.append((cut_short(made, share), True))
        return found

    def _take_from_stock(self, amounts: dict[str, float]) -> None:
        left = self.capabilities().stock
        for name, amount in amounts.items():
            if name in left:
                self.ledger.keep_number(f"stock.{name}", left[name] - amount)
