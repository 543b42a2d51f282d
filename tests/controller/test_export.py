from __future__ import annotations

import csv
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from controller.export import METADATA, Exported, export_campaign
from controller.stored_campaign import read_campaign
from tests.controller.synthetic_campaign import ENERGY, write_campaign

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    folder = tmp_path_factory.mktemp("export")
    home, name = write_campaign(folder / "home")
    stored = read_campaign(home.path, name)
    return export_campaign(stored, folder / "out", now=NOW, with_artifacts=True)


@pytest.fixture(scope="module")
def crate(exported: Exported) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((exported.folder / METADATA).read_text("utf-8"))
    return document


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_csv_and_parquet_hold_the_same_observations(exported: Exported) -> None:
    text = rows(exported.folder / "observations.csv")
    table = pq.read_table(exported.folder / "observations.parquet")
    assert len(text) == table.num_rows == exported.n_rows == 34
    for row, value in zip(text, table.column(ENERGY).to_pylist(), strict=True):
        assert row[ENERGY] == ("" if value is None else str(value))


def test_every_column_stands_in_the_dictionary_with_its_unit(exported: Exported) -> None:
    entries = {row["column"]: row for row in rows(exported.folder / "data-dictionary.csv")}
    columns = rows(exported.folder / "observations.csv")[0]
    assert list(entries) == list(columns)
    assert entries[ENERGY]["unit"] == "Wh/kg"
    assert entries["positive.thickness_um"]["unit"] == "µm"
    assert entries[f"{ENERGY}.volume_sd"]["meaning"].startswith("standard deviation")
    assert all(row["meaning"] for row in entries.values())


def test_parquet_fields_carry_unit_and_meaning(exported: Exported) -> None:
    schema = pq.read_schema(exported.folder / "observations.parquet")
    assert schema.field(ENERGY).metadata[b"unit"] == b"Wh/kg"


def test_the_crate_has_what_the_profile_demands(crate: dict[str, Any]) -> None:
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert crate["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert descriptor["about"] == {"@id": "./"}
    assert root["@type"] == "Dataset"
    assert datetime.fromisoformat(root["datePublished"]) == NOW
    assert {"name", "description", "license"} <= set(root)


def test_every_reference_of_the_crate_is_an_entity_of_it(crate: dict[str, Any]) -> None:
    known = [entity["@id"] for entity in crate["@graph"]]
    assert len(known) == len(set(known))

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            if set(value) == {"@id"}:
                return [value["@id"]]
            return [found for item in value.values() for found in references(item)]
        if isinstance(value, list):
            return [found for item in value for found in references(item)]
        return []

    outside = {found for found in references(crate["@graph"]) if not found.startswith("http")}
    assert outside <= set(known)


def test_files_are_in_the_crate_with_their_size_and_hash(
    exported: Exported, crate: dict[str, Any]
) -> None:
    files = [entity for entity in crate["@graph"] if entity["@type"] == "File"]
    on_disk = {str(path.relative_to(exported.folder)) for path in exported.files}
    assert {entity["@id"] for entity in files} == on_disk - {METADATA}
    for entity in files:
        content = (exported.folder / entity["@id"]).read_bytes()
        assert entity["contentSize"] == str(len(content))
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_journal_comes_along_whole(exported: Exported) -> None:
    lines = (exported.folder / "journal.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["position"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["event"]["kind"] == "campaign_started"
    assert sum(event["event"]["kind"] == "observed" for event in events) == 34


def test_a_licence_is_linked_where_one_is_given(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=3)
    licence = "https://creativecommons.org/licenses/by/4.0/"
    stored = read_campaign(home.path, name)
    done = export_campaign(stored, tmp_path / "out", now=NOW, licence=licence)
    graph = json.loads((done.folder / METADATA).read_text("utf-8"))["@graph"]
    assert next(one for one in graph if one["@id"] == "./")["license"] == {"@id": licence}
    assert any(one["@id"] == licence for one in graph)
