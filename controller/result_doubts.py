"""Why what a lab delivered is not taken for a build's result before a person has looked."""

from __future__ import annotations

from controller.as_built import odd_measurements
from controller.proposals import BuildRecord
from experiments.build_status import BuildState, BuildStatus


def doubts_of(build: BuildRecord, status: BuildStatus) -> tuple[str, ...]:
    """Return every doubt about a build at its end; none means that its result may be taken."""
    wanting = wanting_cells(build, status)
    files = [f"no file that counts for cell {cell}" for cell in wanting]
    if wanting:
        files += [
            f"{intake.name} was kept back ({intake.reason})"
            for intake in build.intakes
            if intake.outcome == "quarantined"
        ]
    return (*files, *odd_measurements(build.payload.request, status.as_built))


def wanting_cells(build: BuildRecord, status: BuildStatus) -> tuple[int, ...]:
    """Return the cells of which there should be a good file and is none.

    Where the lab finished the build they are all that it does not call bad; where it gave it up or
    was told to stop, those that it calls good.
    """
    if status.state == BuildState.finished:
        expected = set(range(1, build.build.n_cells + 1))
    else:
        expected = {cell.cell for cell in status.cells if cell.is_ok}
    bad = {cell.cell for cell in status.cells if cell.is_ok is False}
    whole = ("accepted", "failed_cell")
    here = {intake.cell for intake in build.intakes if intake.outcome in whole}
    return tuple(sorted(expected - here - bad))
