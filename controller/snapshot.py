"""What a person sees of a running campaign at one moment."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from experiments.frozen import Frozen


class Phase(StrEnum):
    """What the campaign is doing, in words."""

    starting_compute = "starting compute"
    restarting_compute = "restarting compute"
    first_designs = "evaluating the first designs"
    searching = "searching"
    finishing = "finishing"
    paused = "paused"
    draining = "draining"
    outdated = "waiting for a decision about the upgrade"
    stopping = "stopping"
    interrupted = "interrupted"
    aborted = "aborted"
    finished = "finished"


class LevelProgress(Frozen):
    """Evaluations of one fidelity; the baseline is not among them."""

    fidelity: str
    n_done: int
    """Finished, failures included."""
    n_failed: int
    n_in_flight: int
    budget: int | None
    """None where only the total cost is limited."""
    is_target: bool


class Best(Frozen):
    """The best feasible measured value of the first objective at one fidelity."""

    fidelity: str
    value: float
    low: float | None = None
    high: float | None = None
    """95% interval, where volumes were repeated."""
    job_id: str


class Snapshot(Frozen):
    """One moment of a campaign, for the terminal and the pages."""

    campaign: str
    objective: str
    """``maximize specific energy (Wh/kg) at 150 W``."""
    metric: str
    """Key of the first objective's metric."""
    phase: Phase
    levels: tuple[LevelProgress, ...]
    cost_used: float | None = None
    """In target equivalents, where the budget is given so."""
    cost_budget: float | None = None
    best: Best | None = None
    """At the target; before there is one, at the level that has one."""
    baseline: Best | None = None
    """The baseline at the same fidelity as ``best``."""
    n_workers: int
    n_busy: int
    failures: dict[str, int]
    last_failure_kind: str | None = None
    last_failure_message: str | None = None
    elapsed_s: float
    """Working time of all sessions."""
    left_s: float | None = None
    outdated: str | None = None
    """Which versions changed under the results; nothing is dispatched until that is settled."""
    paused: str | None = None
    """Since when, by whom and why nothing is dispatched."""
    stuck: str | None = None
    """How long nothing finished, and what is waited for; None as usual."""
    stuck_s: float = 0.0
    n_backlog: int = 0
    """Candidates that wait for a free worker."""
    refit_s: float | None = None
    """Time the last ranking took."""
    n_compute_lost: int = 0
    position: int = 0
    """Journal position of the campaign's last event."""
    ended_by: str = ""
    """Why a finished campaign is finished: ``budget``, or the stopping rules that held."""
    note: str | None = None
    """One line worth knowing now, e.g. why compute restarts."""


class ProgressView(Protocol):
    """Show snapshots to a person; the terminal's implementation redraws one live block."""

    def update(self, snapshot: Snapshot) -> None:
        """Show a newer moment. Called at least once a second; must return at once."""
        ...

    def close(self) -> None:
        """Leave the last moment on the screen and give the terminal back."""
        ...
