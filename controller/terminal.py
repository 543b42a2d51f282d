"""A campaign in the terminal: one live block, plain lines elsewhere, and three lines at the end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from controller.decide import NO_MORE
from controller.label import design_words, metric_label
from controller.quantity import change, duration, three, with_interval
from controller.snapshot import Best, LevelProgress, Phase, ProgressView, Snapshot
from experiments.design import Design

_BAR_CELLS: Final = 24
_STYLE: Final = {
    "running": "#2f6fde",
    "done": "#2e8b57",
    "failed": "#c23b3b",
    "soft": "bright_black",
}


def progress_view(stream: TextIO, *, is_terminal: bool | None = None) -> ProgressView:
    """Return the live block on a terminal that can redraw, and plain lines anywhere else."""
    if is_terminal is None:
        is_terminal = stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
    return LiveBlock(stream) if is_terminal else PlainLines(stream)


class LiveBlock:
    """One block that is redrawn in place."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, force_terminal=True, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._is_open = False

    def update(self, snapshot: Snapshot) -> None:
        """Show a newer moment."""
        if not self._is_open:
            self._live.start()
            self._is_open = True
        self._live.update(block(snapshot), refresh=True)

    def close(self) -> None:
        """Leave the last moment on the screen and give the terminal back."""
        if self._is_open:
            self._live.stop()
            self._is_open = False


class PlainLines:
    """One line whenever something a person would note has changed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._said: tuple[object, ...] | None = None

    def update(self, snapshot: Snapshot) -> None:
        """Write a line if an evaluation finished, something failed, or the phase changed."""
        noted = (
            snapshot.phase,
            snapshot.paused,
            snapshot.stuck is not None,
            snapshot.note,
            tuple(level.n_done for level in snapshot.levels),
            None if snapshot.best is None else snapshot.best.value,
        )
        if noted != self._said:
            self._said = noted
            self._stream.write(plain_line(snapshot) + "\n")
            self._stream.flush()

    def close(self) -> None:
        """Have nothing to give back."""


def plain_line(snapshot: Snapshot) -> str:
    """Return a moment in one line without colour or control characters."""
    parts = [
        f"{duration(snapshot.elapsed_s)}",
        str(snapshot.phase) + (f" {snapshot.paused}" if snapshot.paused else ""),
        ", ".join(f"{level.fidelity} {_count(level)}" for level in snapshot.levels),
    ]
    if snapshot.best is not None:
        parts.append(f"best {_best_words(snapshot)}")
    n_failed = sum(snapshot.failures.values())
    if n_failed and snapshot.last_failure_kind:
        parts.append(f"{n_failed} failed, last {snapshot.last_failure_kind}")
    if snapshot.outdated:
        parts.append(f"{snapshot.outdated}: {_choices(snapshot)}")
    if snapshot.stuck:
        parts.append(snapshot.stuck)
    if snapshot.note:
        parts.append(snapshot.note)
    return " · ".join(parts)


def block(snapshot: Snapshot) -> Group:
    """Return a moment as the live block's lines."""
    head = Table.grid(expand=True)
    head.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    head.add_column(justify="right", no_wrap=True)
    title = Text.assemble((snapshot.campaign, "bold"), "  ", snapshot.objective)
    head.add_row(
        title, Text(f"{snapshot.phase}  {duration(snapshot.elapsed_s)}", style=_STYLE["soft"])
    )
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style=_STYLE["soft"], no_wrap=True)
    rows.add_column(overflow="fold")
    for level in snapshot.levels:
        rows.add_row(level.fidelity, _bar(level))
    if snapshot.cost_budget:
        used = snapshot.cost_used or 0.0
        rows.add_row("cost", f"{three(used)} of {three(snapshot.cost_budget)} target evaluations")
    rows.add_row("best", _best_words(snapshot))
    rows.add_row("workers", _workers(snapshot))
    if snapshot.failures:
        rows.add_row("failed", _failures(snapshot))
    if snapshot.outdated:
        rows.add_row("upgrade", f"{snapshot.outdated}: {_choices(snapshot)}")
    if snapshot.paused:
        rows.add_row("paused", snapshot.paused)
    if snapshot.left_s is not None and snapshot.phase not in (Phase.finished, Phase.aborted):
        rows.add_row("left", f"about {duration(snapshot.left_s)}")
    if snapshot.stuck:
        rows.add_row("stuck", Text(snapshot.stuck, style=_STYLE["failed"]))
    if snapshot.note:
        rows.add_row("note", snapshot.note)
    return Group(head, rows)


def closing_lines(
    snapshot: Snapshot, *, best_design: Design | None, report: Path | None, go_on: str
) -> tuple[str, str, str]:
    """Return the three last lines: the best design, the report, how to go on.

    ``go_on`` is the command that takes the campaign up again.
    """
    if snapshot.best is None:
        first = "Best design: none yet; no evaluation gave a feasible result."
    elif best_design is None:
        first = f"Best design: none at the target yet; best so far {_best_words(snapshot)}"
    else:
        first = f"Best design: {design_words(best_design)}: {_best_words(snapshot)}"
    second = f"Report: {report}" if report is not None else "Report: not written"
    if snapshot.phase is Phase.aborted:
        third = f"Ended for good ({snapshot.ended_by}). To go on: give the campaign another name"
    elif snapshot.phase is Phase.finished and _is_budget(snapshot.ended_by):
        third = f"To go on: raise the budget in the campaign file, then {go_on}"
    elif snapshot.phase is Phase.finished and snapshot.ended_by == NO_MORE:
        third = "Ended before its budget: no design is left to propose. To go on: a wider space"
    elif snapshot.phase is Phase.finished:
        third = (
            f"Ended before its budget ({snapshot.ended_by}). To go on: change stopping in the "
            f"campaign file, then {go_on}"
        )
    else:
        third = f"Stopped before the end, everything is saved. To go on: {go_on}"
    return first, second, third


def _choices(snapshot: Snapshot) -> str:
    return f"cellwright upgrade {snapshot.campaign} keep, redo or back"


def _is_budget(ended_by: str) -> bool:
    return not ended_by or ended_by.startswith("budget")


def _count(level: LevelProgress) -> str:
    return f"{level.n_done}/{level.budget}" if level.budget is not None else f"{level.n_done}"


def _bar(level: LevelProgress) -> Text:
    """Return a level's bar: done, failed and running cells of its budget, and the numbers."""
    total = level.budget or max(level.n_done + level.n_in_flight, 1)
    cells = [
        _cells(share, total)
        for share in (level.n_done, min(level.n_done + level.n_in_flight, total))
    ]
    text = Text()
    text.append("━" * cells[0], style=_STYLE["done"])
    text.append("╸" * (cells[1] - cells[0]), style=_STYLE["running"])
    text.append("┄" * (_BAR_CELLS - cells[1]), style=_STYLE["soft"])
    text.append(f"  {level.n_done}" + (f" of {level.budget}" if level.budget is not None else ""))
    if level.n_in_flight:
        text.append(f"  ▸ {level.n_in_flight} running", style=_STYLE["running"])
    if level.n_failed:
        text.append(f"  ✗ {level.n_failed} failed", style=_STYLE["failed"])
    return text


def _cells(n: int, total: int) -> int:
    return min(_BAR_CELLS, round(_BAR_CELLS * n / total)) if total else 0


def _best_words(snapshot: Snapshot) -> str:
    """Return the best so far with its interval, and the change against the baseline."""
    unit = metric_label(snapshot.metric).unit
    if snapshot.best is None:
        if snapshot.baseline is None:
            return "none yet"
        return f"none yet; baseline {_value(snapshot.baseline, unit)}"
    text = f"{_value(snapshot.best, unit)} at {snapshot.best.fidelity}"
    if snapshot.baseline is None:
        return text
    moved = change(snapshot.best.value, snapshot.baseline.value, unit)
    return f"{text}, {moved} against the baseline's {three(snapshot.baseline.value)}"


def _value(best: Best, unit: str) -> str:
    return with_interval(best.value, best.low, best.high, unit)


def _workers(snapshot: Snapshot) -> Text:
    if snapshot.n_workers == 0:
        return Text("none yet", style=_STYLE["soft"])
    is_full = snapshot.n_busy >= snapshot.n_workers
    return Text(
        f"{snapshot.n_busy} of {snapshot.n_workers} busy",
        style=_STYLE["running"] if is_full else "",
    )


def _failures(snapshot: Snapshot) -> Text:
    """Return the failures by kind, and the last one's message."""
    counts = ", ".join(
        f"{n} {kind.replace('_', ' ')}" for kind, n in sorted(snapshot.failures.items())
    )
    text = Text(f"✗ {counts}", style=_STYLE["failed"])
    if snapshot.last_failure_message:
        text.append(f"; last: {snapshot.last_failure_message}", style="default")
    return text
