"""Take a result file in: recognise it, read it, check it, and say what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from experiments.cycling_metrics import Intake
from experiments.errors import Invalid
from instruments.result_file import ResultFile
from instruments.results.cell_metrics import cell_metrics
from instruments.results.checks import Expectation, require_own, require_plausible
from instruments.results.columns import ColumnMapping
from instruments.results.parser import Parser


@dataclass(frozen=True)
class Seen:
    """Where the same bytes came from before."""

    build_id: str
    cell: int | None


def take_in(
    file: ResultFile,
    expected: Expectation,
    parser: Parser,
    *,
    seen: Mapping[str, Seen],
    is_concluded: bool = False,
    mapping: ColumnMapping | None = None,
    failed_because: str | None = None,
) -> Intake:
    """Return what became of a file; its bytes stay where they are, whatever it is.

    ``seen`` holds the hashes of all files that count as a cell's; ``is_concluded`` says that the
    observation was made already, so that whatever comes now is late and changes nothing by itself.
    ``failed_because`` is the lab's word on a cell that is no good: its record may break off, and is
    no evidence against the file.
    """
    before = seen.get(file.sha256)
    if before == Seen(file.build_id, file.cell):
        return _told(file, "duplicate", message="the same bytes came before")
    if before is not None:
        whose = f"cell {before.cell} of build {before.build_id}"
        return _told(file, "quarantined", "wrong_build", f"the same bytes came as {whose}")
    if file.build_id != expected.build_id:
        return _told(
            file, "quarantined", "wrong_build", f"of build {file.build_id}, not {expected.build_id}"
        )
    if file.cell is None:
        return _told(file, "quarantined", "no_cell", "its name does not say of which cell it is")
    if not 1 <= file.cell <= expected.n_cells:
        return _told(
            file, "quarantined", "wrong_build", f"cell {file.cell} of {expected.n_cells} cells"
        )
    try:
        reading = parser.read(file.path, mapping)
        if failed_because is not None:
            require_own(reading.record.sample, expected, file.cell)
            return _told(file, "failed_cell", message=failed_because)
        require_plausible(reading.record, expected, cell=file.cell, is_partial=file.is_partial)
    except Invalid as error:
        reason = str(error.evidence.get("reason", "unreadable"))
        return _told(file, "quarantined", reason, error.message)
    metrics = cell_metrics(
        reading.record,
        area_m2=expected.plan.sized.whole.coated_area_m2,
        minimum_V=expected.lowest_V,
        is_partial=file.is_partial,
    )
    outcome = "late" if is_concluded else "partial" if file.is_partial else "accepted"
    found = _told(file, outcome)
    return found.model_copy(
        update={"kind": reading.kind, "n_rows": reading.record.n_rows, "metrics": metrics}
    )


def _told(file: ResultFile, outcome: str, reason: str | None = None, message: str = "") -> Intake:
    return Intake.model_validate(
        {
            "sha256": file.sha256,
            "name": file.name,
            "build_id": file.build_id,
            "cell": file.cell,
            "outcome": outcome,
            "reason": reason,
            "message": message,
        }
    )
