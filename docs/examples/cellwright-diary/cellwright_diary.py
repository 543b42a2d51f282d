"""An instrument from another package: a robot that reads its orders from a diary file.

Orders are lines of ``orders.jsonl``; the robot puts finished files into ``done/BUILD/`` as
``cell1.csv``, ``cell2.csv`` … An administrator writes ``kind: diary`` with an ``offer``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from experiments.build import SignedBuild
from experiments.build_status import BuildState, BuildStatus, CellStatus, Health
from experiments.capabilities import Capabilities
from experiments.errors import Rejected
from instruments.administration import InstrumentEntry
from instruments.gate import require_allowed
from instruments.result_file import ResultFile


def open_diary(entry: InstrumentEntry, secret: bytes, folder: Path) -> Diary:
    """Return the diary of an administrator's entry: what the entry point names."""
    return Diary(entry.name, secret, folder, entry.capabilities)


class Diary:
    """Builds are appended to a file and never changed; the gate decides who gets in."""

    def __init__(self, name: str, secret: bytes, folder: Path, offer: Capabilities) -> None:
        self.name = name
        self._secret = secret
        self._folder = folder
        self._offer = offer
        folder.mkdir(parents=True, exist_ok=True)

    async def capabilities(self) -> Capabilities:
        """Return the administrator's offer."""
        return self._offer

    async def submit(self, build: SignedBuild, epoch: int) -> BuildStatus:
        """Append a build once; what the gate refuses leaves no line."""
        builds = self._builds()
        known = builds.get(build.build.id)
        is_known = require_allowed(
            build,
            epoch,
            secret=self._secret,
            newest_epoch=max((b.signature.epoch for b in builds.values()), default=0),
            known_sha256=known.build.payload_sha256 if known else None,
            capabilities=self._offer,
        )
        if not is_known:
            self._append({"order": build.model_dump(mode="json")})
        return await self.status(build.build.id)

    async def status(self, build_id: str) -> BuildStatus:
        """Say how far the robot is, by the files it has put down."""
        build = self._known(build_id)
        there = {file.cell for file in await self.results(build_id)}
        numbers = range(1, build.build.n_cells + 1)
        cells = tuple(CellStatus(cell=n, is_ok=True if n in there else None) for n in numbers)
        reason = self._lines("abort").get(build_id)
        state = BuildState.running if there else BuildState.queued
        if reason is not None:
            state = BuildState.aborted
        elif len(there) == len(cells):
            state = BuildState.finished
        return BuildStatus(
            build_id=build_id,
            payload_sha256=build.build.payload_sha256,
            state=state,
            cells=cells,
            reason=reason,
            told_at=datetime.now(UTC).isoformat(),
        )

    async def results(self, build_id: str) -> tuple[ResultFile, ...]:
        """Return the files of ``done/BUILD/``."""
        self._known(build_id)
        found = []
        for path in sorted((self._folder / "done" / build_id).glob("cell*.csv")):
            number = re.fullmatch(r"cell(\d{1,3})\.csv", path.name)
            if number and path.is_file() and not path.is_symlink():
                sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
                size = path.stat().st_size
                found.append(ResultFile(path.name, path, sha256, size, build_id, int(number[1])))
        return tuple(found)

    async def abort(self, build_id: str, reason: str) -> BuildStatus:
        """Append that a build is to stop; the first reason counts."""
        if not (await self.status(build_id)).is_final:
            self._append({"abort": build_id, "reason": reason})
        return await self.status(build_id)

    async def health(self) -> Health:
        """Return whether the diary can be written."""
        is_ok = os.access(self._folder, os.W_OK)
        return Health(instrument=self.name, is_ok=is_ok, message=str(self._folder))

    def _known(self, build_id: str) -> SignedBuild:
        build = self._builds().get(build_id)
        if build is None:
            raise Rejected(f"build {build_id!r} is not known here", reason="unknown_build")
        return build

    def _builds(self) -> dict[str, SignedBuild]:
        orders = self._lines("order")
        return {name: SignedBuild.model_validate(order) for name, order in orders.items()}

    def _lines(self, kind: str) -> dict[str, object]:
        """Return build id → what its first line of that kind says."""
        path, found = self._folder / "orders.jsonl", {}
        for text in path.read_text("utf-8").splitlines() if path.exists() else ():
            line = json.loads(text)
            if kind == "order" and "order" in line:
                found.setdefault(line["order"]["build"]["id"], line["order"])
            elif kind == "abort" and "abort" in line:
                found.setdefault(line["abort"], line["reason"])
        return found

    def _append(self, line: dict[str, object]) -> None:
        with (self._folder / "orders.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
