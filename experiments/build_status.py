"""How a build fares in the lab, cell by cell, and what it became as built."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pydantic import Field

from experiments.frozen import Frozen


class BuildState(StrEnum):
    """Where a build is."""

    queued = "queued"
    running = "running"
    finished = "finished"
    aborted = "aborted"
    failed = "failed"
    """The lab gave up on it, and says why."""


FINAL: Final = frozenset({BuildState.finished, BuildState.aborted, BuildState.failed})


class AsBuilt(Frozen):
    """What was measured on the coating; None where nobody measured it."""

    thickness_m: float | None = Field(default=None, gt=0)
    loading_kg_per_m2: float | None = Field(default=None, gt=0)
    porosity: float | None = Field(default=None, gt=0, lt=1)


class CellStatus(Frozen):
    """One cell of a build; cells are counted from 1."""

    cell: int = Field(ge=1)
    is_ok: bool | None = None
    """None while nobody knows."""
    reason: str | None = None
    """Why it is not."""
    as_built: AsBuilt = AsBuilt()


class BuildStatus(Frozen):
    """A build as the instrument sees it at one moment."""

    build_id: str
    payload_sha256: str
    state: BuildState
    station: str | None = None
    """Where it is now, or waits."""
    cells: tuple[CellStatus, ...] = ()
    as_built: AsBuilt = AsBuilt()
    """Of the coating all cells come from."""
    reason: str | None = None
    told_at: str
    """ISO time of the instrument's own clock; never trusted for order."""

    @property
    def is_final(self) -> bool:
        """Say whether nothing more will happen to the build."""
        return self.state in FINAL

    @property
    def n_ok(self) -> int:
        """Return how many cells are known to be good."""
        return sum(cell.is_ok is True for cell in self.cells)


class ResultEntry(Frozen):
    """One result file as the instrument lists it."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")
    """A plain name: never a path."""
    cell: int = Field(ge=1)
    size_bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    is_partial: bool = False
    """The test still runs; a later listing replaces this one."""


class Health(Frozen):
    """Whether an instrument can work now."""

    instrument: str
    is_ok: bool
    message: str
    version: str = ""
