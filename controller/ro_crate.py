"""RO-Crate 1.1 metadata: what an exported folder holds, who made it, and in which units.

Profile: https://w3id.org/ro/crate/1.1 (Sefton et al. 2021). The license is the data owner's to
state; where none is given the crate says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from controller.label import objective_text
from controller.observation_table import Column
from controller.state import State

_PROFILE: Final = "https://w3id.org/ro/crate/1.1"
_UNSTATED: Final = "The owner of these data has not stated a licence."


@dataclass(frozen=True)
class CrateFile:
    """A file of the crate."""

    path: str
    """Relative to the crate's folder."""
    description: str
    encoding: str
    size_bytes: int
    sha256: str


def crate_metadata(
    state: State,
    columns: Sequence[Column],
    files: Sequence[CrateFile],
    *,
    now: datetime,
    licence: str | None,
) -> dict[str, Any]:
    """Return the JSON-LD document of a campaign's export."""
    campaign = state.campaign
    variables = [_variable(column) for column in columns]
    return crate_document(
        name=f"Cellwright campaign {campaign.name}",
        description="Simulated lithium-ion electrodes of one campaign: "
        + "; ".join(objective_text(campaign, one) for one in campaign.objectives)
        + f". {len(state.observations)} observations.",
        files=files,
        now=now,
        licence=licence,
        root={
            "mentions": {"@id": "#campaign-run"},
            "variableMeasured": [{"@id": variable["@id"]} for variable in variables],
        },
        more=[_action(state), *_software(state), *variables],
    )


def crate_document(
    *,
    name: str,
    description: str,
    files: Sequence[CrateFile],
    now: datetime,
    licence: str | None,
    root: dict[str, Any],
    more: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Return a crate's JSON-LD: its files, what else its ``root`` says, and ``more`` entities."""
    graph: list[dict[str, Any]] = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": _PROFILE},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": name,
            "description": description,
            "datePublished": now.isoformat(timespec="seconds"),
            "license": {"@id": licence} if licence else _UNSTATED,
            "hasPart": [{"@id": file.path} for file in files],
            **root,
        },
        *(_file(file) for file in files),
        *more,
    ]
    if licence:
        graph.append({"@id": licence, "@type": "CreativeWork", "name": licence})
    return {
        "@context": [f"{_PROFILE}/context", {"sha256": "https://schema.org/sha256"}],
        "@graph": graph,
    }


def _file(file: CrateFile) -> dict[str, Any]:
    return {
        "@id": file.path,
        "@type": "File",
        "name": file.path.rpartition("/")[2],
        "description": file.description,
        "encodingFormat": file.encoding,
        "contentSize": str(file.size_bytes),
        "sha256": file.sha256,
    }


def _action(state: State) -> dict[str, Any]:
    """Return the run that made the observations from the campaign file."""
    status = {
        "running": "http://schema.org/ActiveActionStatus",
        "interrupted": "http://schema.org/ActiveActionStatus",
        "finished": "http://schema.org/CompletedActionStatus",
    }[state.phase]
    return {
        "@id": "#campaign-run",
        "@type": "CreateAction",
        "name": f"Run of campaign {state.campaign.name}",
        "actionStatus": {"@id": status},
        "startTime": state.started_at,
        "endTime": max(state.observed_at.values(), default=state.started_at),
        "instrument": [{"@id": item["@id"]} for item in _software(state)],
        "object": {"@id": "campaign.yaml"},
        "result": [{"@id": "observations.csv"}, {"@id": "observations.parquet"}],
    }


def _software(state: State) -> list[dict[str, Any]]:
    """Return every program that had a part, with its version."""
    versions = {"cellwright": "unknown", **state.versions}
    return [
        {
            "@id": f"#software-{name}",
            "@type": "SoftwareApplication",
            "name": name,
            "version": version,
        }
        for name, version in versions.items()
    ]


def _variable(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@id": f"#column-{column.name}",
        "@type": "PropertyValue",
        "name": column.name,
        "description": column.meaning,
    }
    if column.unit:
        found["unitText"] = column.unit
    return found
