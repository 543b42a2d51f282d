"""One build as a folder others can use: history, protocol, files, Battery Data Format, RO-Crate.

The protocol is written twice, as the cycler had it and in BattINFO's terms (aurora-unicycler writes
those). Every file that the lab delivered lies there under its hash, the quarantined ones too; of
those that were accepted there is the record in the Battery Data Format beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from controller.build_history import BuildHistory
from controller.export import METADATA, Exported, described
from controller.proposals import BuildRecord, ProposalRecord
from controller.ro_crate import CrateFile, crate_document
from controller.state import State
from experiments.cycling_metrics import Intake
from experiments.errors import CellwrightError, Invalid
from instruments.results.battery_data import battery_data
from instruments.results.cycling_record import CyclingRecord

_BDF: Final = ".bdf.parquet"
_SUFFIXES: Final = (
    ".csv", ".json", ".mpr", ".mpt", ".nda", ".ndax", ".parquet", ".txt", ".xls", ".xlsx", ".zip",
)  # fmt: skip

Find = Callable[[str], Path | None]
"""From a SHA-256 to where the instrument's adapter keeps that file."""
Read = Callable[[Path], CyclingRecord]
"""Reads a result file. Raises a ``CellwrightError`` where it cannot."""


def export_build(
    state: State,
    history: BuildHistory,
    folder: Path,
    *,
    find: Find,
    read: Read,
    now: datetime,
    licence: str | None = None,
) -> Exported:
    """Write a build into a folder. Raises ``Invalid`` where that cannot be written."""
    record = state.builds[history.build_id]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = [*_papers(folder, record, history), *_delivered(folder, record, find, read)]
        crate = _crate(state, record, files, now=now, licence=licence)
        text = json.dumps(crate, indent=1, ensure_ascii=False) + "\n"
        (folder / METADATA).write_text(text, "utf-8")
    except OSError as error:
        raise Invalid(f"{folder} cannot be written: {error.strerror}") from error
    paths = (folder / METADATA, *(folder / file.path for file in files))
    return Exported(folder, paths, len(record.intakes))


def _papers(folder: Path, record: BuildRecord, history: BuildHistory) -> Iterator[CrateFile]:
    protocol = record.payload.request.protocol
    texts = {
        "history.json": (
            history.model_dump_json(indent=1),
            "Everything stored about the build: shown, decided, sent, delivered, concluded",
        ),
        "request.json": (
            record.payload.request.model_dump_json(indent=1),
            "What was decided on and sent: design, recipe, cell, protocol, number of cells",
        ),
        "protocol.json": (protocol.to_json(indent=1), "The cycling protocol, by aurora-unicycler"),
        "protocol.battinfo.jsonld": (
            json.dumps(protocol.to_battinfo_jsonld(), indent=1, ensure_ascii=False),
            "The cycling protocol in BattINFO's terms",
        ),
    }  # fmt: skip
    for name, (text, description) in texts.items():
        path = folder / name
        path.write_text(text + "\n", "utf-8")
        is_linked = name.endswith(".jsonld")
        kind = "application/ld+json" if is_linked else "application/json"
        yield described(folder, path, description, kind)


def _delivered(folder: Path, record: BuildRecord, find: Find, read: Read) -> Iterator[CrateFile]:
    """Write every file once, whatever became of it; a lost one is in the history alone."""
    seen: set[str] = set()
    for intake in record.intakes:
        source = find(intake.sha256)
        if source is None or intake.sha256 in seen:
            continue
        seen.add(intake.sha256)
        (folder / "files").mkdir(exist_ok=True)
        path = folder / "files" / f"{intake.sha256}{_suffix(intake.name)}"
        path.write_bytes(source.read_bytes())
        yield described(folder, path, _words(intake), "application/octet-stream")
        if intake.outcome not in ("accepted", "failed_cell"):
            continue
        try:
            content = battery_data(read(source), _BDF)
        except CellwrightError:
            continue
        (folder / "cells").mkdir(exist_ok=True)
        path = folder / "cells" / f"cell-{intake.cell or 0}-{intake.sha256[:12]}{_BDF}"
        path.write_bytes(content)
        yield described(
            folder,
            path,
            f"Cell {intake.cell}, Battery Data Format, from {intake.sha256[:12]}…",
            "application/vnd.apache.parquet",
        )


def _suffix(name: str) -> str:
    """Return a file's ending where it is a known one; a name is the lab's word, and no path."""
    ending = Path(name).suffix.lower()
    return ending if ending in _SUFFIXES else ""


def _words(intake: Intake) -> str:
    what = f"Delivered as {intake.name} of cell {intake.cell}: {intake.outcome.replace('_', ' ')}"
    return f"{what} ({intake.reason}: {intake.message})" if intake.reason else what


def _crate(
    state: State,
    record: BuildRecord,
    files: list[CrateFile],
    *,
    now: datetime,
    licence: str | None,
) -> dict[str, Any]:
    build_id, request = record.build.id, record.payload.request
    actions = [*_decisions(state.proposals[record.build.proposal_id]), _making(record, files)]
    people = {one["agent"]["@id"] for one in actions if "agent" in one}
    return crate_document(
        name=f"Build {build_id} of Cellwright campaign {state.campaign.name}",
        description=(
            f"{request.n_cells} lithium-ion cells ({request.cell.format}) from one coating: the "
            f"order, the decisions, what the lab delivered and what was made of it. Stage: "
            f"{record.stage.replace('_', ' ')}."
        ),
        files=files,
        now=now,
        licence=licence,
        root={"identifier": build_id, "mentions": [{"@id": one["@id"]} for one in actions]},
        more=[
            *actions,
            *(_named(who, "Person") for who in sorted(people)),
            _named(f"#instrument-{record.instrument}", "Thing"),
        ],
    )


def _named(identifier: str, kind: str) -> dict[str, Any]:
    return {"@id": identifier, "@type": kind, "name": identifier.partition("-")[2]}


def _decisions(proposal: ProposalRecord) -> Iterator[dict[str, Any]]:
    """Yield what people did about the proposal, each with the digest it was on."""
    for n, step in enumerate(proposal.steps, start=1):
        if step.by is None:
            continue
        yield {
            "@id": f"#step-{n}",
            "@type": "AuthorizeAction" if "approved" in step.kind else "AssessAction",
            "name": f"{step.kind.replace('_', ' ')}, version {step.version}",
            "agent": {"@id": f"#person-{step.by.person}"},
            "endTime": step.at,
            "identifier": step.digest,
            **({"description": step.text} if step.text else {}),
        }


def _making(record: BuildRecord, files: list[CrateFile]) -> dict[str, Any]:
    is_over = record.has_ended
    status = "CompletedActionStatus" if is_over else "ActiveActionStatus"
    return {
        "@id": "#build",
        "@type": "CreateAction",
        "name": f"Making and cycling of build {record.build.id}",
        "identifier": record.build.payload_sha256,
        "actionStatus": {"@id": f"http://schema.org/{status}"},
        "instrument": {"@id": f"#instrument-{record.instrument}"},
        "object": {"@id": "request.json"},
        "result": [{"@id": one.path} for one in files if one.path.startswith(("files/", "cells/"))],
        **({"endTime": record.since} if is_over and record.since else {}),
    }
