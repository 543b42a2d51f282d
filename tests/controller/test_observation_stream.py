from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from controller.fold import fold
from controller.journal import JournalReader
from controller.observation_stream import csv_pieces
from controller.observation_table import observation_table
from controller.packed_list import RECENT, PackedList
from controller.packing import packed
from controller.state import State
from tests.controller.synthetic_campaign import write_campaign
from tests.controller.test_points import campaign, some, state_of


def table(state: State) -> str:
    text, columns = io.StringIO(), observation_table(state)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([one.name for one in columns])
    writer.writerows(zip(*(one.values for one in columns), strict=True))
    return text.getvalue()


def test_the_pieces_together_are_the_table_of_the_export(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=12, objectives=2)
    with JournalReader(home.journal) as reader:
        state = fold(reader.read(name))
    assert state is not None
    assert "".join(csv_pieces(state)) == table(state)


def test_metrics_that_come_late_have_their_columns_from_the_first_line_on() -> None:
    of = campaign()
    rows = some(450, of)
    early = [one for one in rows if not one.is_failed and "other" in one.metrics]
    early = [one.model_copy(update={"metrics": {"first": one.metrics["other"]}}) for one in early]
    state = state_of([*early[:250], *rows[300:]], of)
    pieces = list(csv_pieces(state))
    assert len(pieces) > 2
    assert "".join(pieces) == table(state)


def test_no_more_than_a_few_observations_are_objects_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = packed(state_of(some(900, campaign()), campaign()))
    pieces = csv_pieces(state)
    assert next(pieces).startswith("job_id,")
    decoded: list[int] = []
    getitem = PackedList.__getitem__

    def noted(self: PackedList, place: int) -> object:
        decoded.append(place)
        return getitem(self, place)

    monkeypatch.setattr(PackedList, "__getitem__", noted)
    next(pieces)
    assert 0 < len(decoded) <= RECENT
