"""An instrument that people and files stand behind: papers go out, result files come in."""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from experiments.build import SignedBuild
from experiments.build_status import AsBuilt, BuildState, BuildStatus, CellStatus, Health
from experiments.capabilities import Capabilities
from experiments.errors import CellwrightError, Invalid
from instruments.bench_record import BenchRecord
from instruments.build_book import BuildBook
from instruments.gate import require_allowed
from instruments.result_file import ResultFile
from instruments.spool import Spool
from instruments.watched_folder import SETTLE_S, WatchedFolder

Papers = Callable[[SignedBuild, tuple[SignedBuild, ...]], dict[str, bytes]]
"""From a build and all open ones to files by name, written before the build counts as accepted."""


@dataclass(frozen=True)
class Layout:
    """How the folder is used."""

    papers: Papers
    is_shared: bool
    """Result files of all builds lie in ``results/``; otherwise in ``uploads/BUILD/``."""


class FolderInstrument:
    """One folder: ``papers/``, ``results/`` or ``uploads/``, and the book of builds."""

    def __init__(
        self,
        name: str,
        secret: bytes,
        folder: Path,
        offer: Capabilities,
        layout: Layout,
        *,
        results_folder: Path | None = None,
        seconds: Callable[[], float] = time.time,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._name = name
        self._secret = secret
        self._folder = folder
        self._offer = offer.model_copy(update={"instrument": name})
        self._layout = layout
        self._results = results_folder or folder / "results"
        self._seconds = seconds
        self._settle_s = settle_s
        self._book = BuildBook(folder / "book")
        self._spool = Spool(folder / "spool")

    def __repr__(self) -> str:
        """Show no credential."""
        return f"FolderInstrument({self._name!r})"

    @property
    def name(self) -> str:
        """Return the administrator's name for it."""
        return self._name

    async def capabilities(self) -> Capabilities:
        """Return what the administrator says of it."""
        return self._offer

    async def submit(self, build: SignedBuild, epoch: int) -> BuildStatus:
        """Write the papers and then the book: a build in the book has its papers."""
        return await asyncio.to_thread(self._submit, build, epoch)

    async def status(self, build_id: str) -> BuildStatus:
        """Return how a build fares by the files there are and the bench's record."""
        return await asyncio.to_thread(self._status, build_id)

    async def results(self, build_id: str) -> tuple[ResultFile, ...]:
        """Return the settled result files of a build."""
        return await asyncio.to_thread(self._files, build_id)

    async def abort(self, build_id: str, reason: str) -> BuildStatus:
        """Mark a build as stopped; what is on the cycler, people stop."""
        status = await self.status(build_id)
        if not status.is_final:
            await asyncio.to_thread(self._book.abort, build_id, reason)
        return await self.status(build_id)

    async def health(self) -> Health:
        """Return whether the folders can be used; raises nothing."""
        try:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        except OSError as error:
            message = f"{self._folder}: {error.strerror}"
            return Health(instrument=self._name, is_ok=False, message=message)
        return Health(instrument=self._name, is_ok=True, message=f"files in {self._folder}")

    async def close(self) -> None:
        """Nothing is held open."""

    def _submit(self, build: SignedBuild, epoch: int) -> BuildStatus:
        build_id = build.build.id
        known = self._book.find(build_id)
        is_known = require_allowed(
            build,
            epoch,
            secret=self._secret,
            newest_epoch=self._book.newest_epoch,
            known_sha256=None if known is None else known.build.payload_sha256,
            capabilities=self._offer,
        )
        if not is_known:
            open_builds = [b for b in self._book.builds() if not self._status(b.build.id).is_final]
            papers = self._folder / "papers"
            papers.mkdir(parents=True, exist_ok=True)
            for name, content in self._layout.papers(build, (*open_builds, build)).items():
                (papers / name).write_bytes(content)
            if not self._layout.is_shared:
                (self._folder / "uploads" / build_id).mkdir(parents=True, exist_ok=True)
            self._book.accept(build)
        return self._status(build_id)

    def _files(self, build_id: str) -> tuple[ResultFile, ...]:
        self._book.require(build_id)
        shared = self._layout.is_shared
        folder = self._results if shared else self._folder / "uploads" / build_id
        watched = WatchedFolder(folder, self._spool, self._seconds, self._settle_s)
        return watched.results(build_id, named=shared)

    def _status(self, build_id: str) -> BuildStatus:
        build = self._book.require(build_id)
        reason = self._book.aborted(build_id)
        record, complaint = self._bench_record(build_id)
        with_file = {file.cell for file in self._files(build_id)}
        cells = tuple(
            CellStatus(
                cell=n,
                is_ok=False if n in record.failed else True if n in with_file else None,
                reason=record.failed.get(n),
                as_built=record.cells.get(n, AsBuilt()),
            )
            for n in range(1, build.build.n_cells + 1)
        )
        if reason is not None:
            state = BuildState.aborted
        elif all(cell.is_ok is not None for cell in cells):
            state = BuildState.finished
        else:
            state = BuildState.running if with_file or record.failed else BuildState.queued
        return BuildStatus(
            build_id=build_id,
            payload_sha256=build.build.payload_sha256,
            state=state,
            cells=cells,
            as_built=record.coating,
            reason=reason or complaint,
            told_at=datetime.datetime.fromtimestamp(self._seconds(), datetime.UTC).isoformat(),
        )

    def _bench_record(self, build_id: str) -> tuple[BenchRecord, str | None]:
        """Return what the technician noted, and what is wrong with the note."""
        path = self._folder / "uploads" / build_id / "measured.yaml"
        try:
            text = path.read_bytes()[: 64 * 2**10]
        except OSError:
            return BenchRecord(), None
        try:
            return BenchRecord.from_note(yaml.safe_load(text)), None
        except (yaml.YAMLError, ValidationError, CellwrightError, RecursionError) as error:
            wrong = error.message if isinstance(error, Invalid) else str(error).splitlines()[0]
            return BenchRecord(), f"measured.yaml: {wrong}"
