"""A campaign's data as a folder others can use: CSV, Parquet, dictionary, journal, RO-Crate."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

from controller.events import encode_event
from controller.journal import JournalReader
from controller.observation_table import Column, observation_table
from controller.report.attachments import reader
from controller.ro_crate import CrateFile, crate_metadata
from controller.stored_campaign import StoredCampaign
from experiments.errors import Invalid

METADATA: Final = "ro-crate-metadata.json"


@dataclass(frozen=True)
class Exported:
    """What an export wrote."""

    folder: Path
    files: tuple[Path, ...]
    n_rows: int


def export_campaign(
    stored: StoredCampaign,
    folder: Path,
    *,
    now: datetime,
    licence: str | None = None,
    with_artifacts: bool = False,
) -> Exported:
    """Write the campaign's data into a folder. Raises ``Invalid`` where that cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _export(stored, folder, now, licence, with_artifacts=with_artifacts)
    except OSError as error:
        raise Invalid(f"{folder} cannot be written: {error.strerror}") from error


def _export(
    stored: StoredCampaign,
    folder: Path,
    now: datetime,
    licence: str | None,
    *,
    with_artifacts: bool,
) -> Exported:
    columns = observation_table(stored.state)
    files = [
        _table(folder / "observations.csv", columns),
        _parquet(folder / "observations.parquet", columns),
        _dictionary(folder / "data-dictionary.csv", columns),
        _text(
            folder / "campaign.yaml",
            stored.state.text,
            "The campaign file as it was run",
            "application/yaml",
        ),
        _journal(folder / "journal.jsonl", stored),
    ]
    if with_artifacts:
        files += _artifacts(folder, stored)
    crate = crate_metadata(stored.state, columns, files, now=now, licence=licence)
    (folder / METADATA).write_text(json.dumps(crate, indent=1, ensure_ascii=False) + "\n", "utf-8")
    paths = (folder / METADATA, *(folder / file.path for file in files))
    return Exported(folder, paths, len(columns[0].values))


def _table(path: Path, columns: tuple[Column, ...]) -> CrateFile:
    with path.open("w", newline="", encoding="utf-8") as stream:
        _write_rows(stream, columns)
    return described(path.parent, path, "All observations, one row each", "text/csv")


def _write_rows(stream: TextIO, columns: tuple[Column, ...]) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(zip(*(column.values for column in columns), strict=True))


def _dictionary(path: Path, columns: tuple[Column, ...]) -> CrateFile:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["column", "type", "unit", "meaning"])
        writer.writerows(
            [column.name, column.kind, column.unit, column.meaning] for column in columns
        )
    return described(path.parent, path, "What every column of the observations means", "text/csv")


def _parquet(path: Path, columns: tuple[Column, ...]) -> CrateFile:
    """Write the table with typed columns; unit and meaning are each field's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"text": pa.string(), "number": pa.float64(), "integer": pa.int64()}
    fields = [
        pa.field(one.name, kinds[one.kind], metadata={"unit": one.unit, "meaning": one.meaning})
        for one in columns
    ]
    arrays = [pa.array(one.values, type=kinds[one.kind]) for one in columns]
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), path)
    return described(
        path.parent, path, "All observations, one row each", "application/vnd.apache.parquet"
    )


def _journal(path: Path, stored: StoredCampaign) -> CrateFile:
    """Write every event of the campaign, one JSON line each, with its hash in the chain."""
    with JournalReader(stored.home.journal) as journal, path.open("w", encoding="utf-8") as stream:
        for recorded in journal.read(stored.state.campaign.name):
            line: dict[str, Any] = {
                "position": recorded.position,
                "epoch": recorded.epoch,
                "at": recorded.at,
                "session_s": recorded.session_s,
                "hash": recorded.hash,
                "event": json.loads(encode_event(recorded.event)),
            }
            stream.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    return described(
        path.parent, path, "Every event of the campaign, in order", "application/jsonl"
    )


def _artifacts(folder: Path, stored: StoredCampaign) -> list[CrateFile]:
    """Copy the files behind the observations, each once; what is gone is left out."""
    read = reader(stored.home.artifacts)
    files: dict[str, CrateFile] = {}
    for observation in stored.state.observations.values():
        for name, artifact in observation.provenance.artifacts.items():
            if artifact.sha256 in files:
                continue
            content = read(artifact)
            if content is None:
                continue
            ending = Path(artifact.url).suffix
            path = folder / "artifacts" / f"{artifact.sha256}{ending}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            kinds = {".json": "application/json", ".npz": "application/zip"}
            crate_file = described(
                folder,
                path,
                f"{name} of job {observation.job.id}",
                kinds.get(ending, "application/octet-stream"),
            )
            files[artifact.sha256] = crate_file
    return list(files.values())


def _text(path: Path, text: str, description: str, encoding: str) -> CrateFile:
    path.write_text(text, "utf-8")
    return described(path.parent, path, description, encoding)


def described(folder: Path, path: Path, description: str, encoding: str) -> CrateFile:
    """Return what a crate says of a file within its folder."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    inner = path.relative_to(folder).as_posix()
    return CrateFile(inner, description, encoding, path.stat().st_size, digest)
