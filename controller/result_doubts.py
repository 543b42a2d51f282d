"""Why what a lab delivered is not taken for a build's result before a person has looked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from controller.proposals import BuildRecord
from experiments.build import BuildRequest
from experiments.build_status import AsBuilt, BuildState, BuildStatus
from instruments.coating_plan import coating_plan

REACH: Final = 0.5
"""How far a coating may lie from what was asked, relative, before a person must look: a slip of a
unit or of a decimal point is far beyond it, a coating gone wrong hardly ever. Assumed."""


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
    return (*files, *_odd(build.payload.request, status.as_built))


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


def _odd(request: BuildRequest, built: AsBuilt) -> Iterator[str]:
    """Say which measured properties lie too far from what was asked to be believed unseen."""
    positive, loading = request.recipe.positive, coating_plan(request).loading_kg_per_m2
    for name, found, asked, factor, unit in (
        ("thickness", built.thickness_m, positive.thickness_m, 1e6, "µm"),
        ("porosity", built.porosity, positive.porosity, 100.0, "%"),
        ("loading", built.loading_kg_per_m2, loading, 100.0, "mg/cm²"),
    ):
        if found is not None and abs(found / asked - 1.0) > REACH:
            yield f"{name} {factor * found:.4g} {unit} as built, asked {factor * asked:.4g} {unit}"
