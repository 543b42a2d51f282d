"""The audit's file where it can be none: nothing is written there."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.audit_anchor import append_anchor
from controller.journal import JournalReader
from tests.controller.synthetic_campaign import write_campaign


def test_no_line_goes_into_a_journal(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    with JournalReader(home.journal) as reader:
        first = next(iter(reader.read(name)))
    before = home.journal.read_bytes()
    with pytest.raises(OSError, match="something else than anchors"):
        append_anchor(home.journal, first)
    assert home.journal.read_bytes() == before
