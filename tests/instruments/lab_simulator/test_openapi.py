"""The lab's protocol is a document in the repository, and the document is the protocol."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from instruments.lab_simulator.clock import LabClock
from instruments.lab_simulator.desk import Desk
from instruments.lab_simulator.ledger import Ledger
from instruments.lab_simulator.server import create_app
from tests.instruments.running_lab import OFFER, SECRET, never

PATH = Path(__file__).resolve().parents[3] / "docs" / "lab_openapi.json"


def openapi(folder: Path) -> str:
    ledger = Ledger(folder / "ledger.sqlite")
    desk = Desk(ledger, LabClock(lambda: 0.0), SECRET, OFFER, never, Random(0))
    text = json.dumps(create_app(desk).openapi(), indent=1, sort_keys=True)
    ledger.close()
    return text + "\n"


def test_the_document_is_the_one_the_server_would_write(tmp_path) -> None:
    assert PATH.read_text(encoding="utf-8") == openapi(tmp_path), (
        "the protocol changed: python -m tests.instruments.lab_simulator.test_openapi writes it"
    )


def test_it_names_every_path(tmp_path) -> None:
    paths = set(json.loads(openapi(tmp_path))["paths"])
    assert paths == {
        "/v1/health",
        "/v1/capabilities",
        "/v1/builds/{build_id}",
        "/v1/builds/{build_id}/abort",
        "/v1/builds/{build_id}/files",
        "/v1/builds/{build_id}/files/{name}",
        "/v1/notices",
    }


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        PATH.write_text(openapi(Path(folder)), encoding="utf-8")
