from __future__ import annotations

import asyncio
import re
from pathlib import Path

import numpy as np
import pytest

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.known_constraints import unconstrained
from agents.messages import Configure, Learn
from controller.campaign_file import load_campaign
from controller.control import Control
from controller.events import CampaignStarted, Taught
from controller.fold import fold
from controller.journal import Journal
from controller.knowledge_table import MAX_FILE_BYTES, read_knowledge
from controller.opening import open_campaign
from controller.results import measured_best
from experiments.errors import Invalid
from experiments.knowledge import Knowledge, with_knowledge
from experiments.ranking import Question
from tests.controller.doubles import FakeCompute, ManualClock, Watcher, small_campaign

ENERGY = "specific_energy_Wh_per_kg"
HEADER = f"porosity,{ENERGY},{ENERGY}_sd,line\n"
ROWS = "0.30,201.5,0.5,A\n0.35,199.0,,A\n0.60,150.0,,A\n0.40,,,A\n0.25,300.0,,B\n"
CAMPAIGN = """\
name: small
cell: {format: "4680", parameter_set: Chen2020}
design:
  positive:
    {active_wt_pct: 94, porosity: {min: 0.2, max: 0.5}, thickness_um: 70, particle_d50_um: 6}
objectives:
  - {name: energy, maximize: specific_energy_Wh_per_kg, at_power_W: 150}
fidelities:
  - {name: coarse, voxels: 16, voxel_size_um: 1.0}
  - {name: fine, voxels: 32, volumes: 2, voxel_size_um: 0.5}
target: fine
budget: {evaluations: {coarse: 6, fine: 3}}
decider: sobol
"""


def written(folder: Path, table: str = HEADER + ROWS, *, entry: str = "") -> Path:
    (folder / "line.csv").write_text(table, encoding="utf-8")
    given = entry or "{name: line_2024, table: line.csv, where: {line: A}}"
    path = folder / "small.yaml"
    path.write_text(f"{CAMPAIGN}knowledge:\n  - {given}\n", encoding="utf-8")
    return path


def refused(path: Path) -> str:
    with pytest.raises(Invalid) as error:
        load_campaign(path)
    assert "\n" not in error.value.message
    return error.value.message


def test_rows_of_the_space_with_a_value_become_results_of_a_level(tmp_path: Path) -> None:
    loaded = load_campaign(written(tmp_path))
    level = loaded.campaign.fidelity("line_2024")
    assert level.source_of == "fine"
    assert (level.voxels, level.volumes) == (32, 2)
    assert "line_2024" not in [one.name for one in loaded.campaign.own_fidelities]
    (table,) = loaded.knowledge
    assert table.words == "line_2024: 2 results, 1 outside of the design space left out"
    first, second = table.observations
    assert first.job.fidelity == "line_2024"
    assert first.job.design.values == {"positive.porosity": 0.3}
    assert (first.metrics[ENERGY].value, first.metrics[ENERGY].noise_sd) == (201.5, 0.5)
    assert second.metrics[ENERGY].noise_sd is None


def test_columns_may_have_other_names_and_equal_rows_are_different_results(tmp_path: Path) -> None:
    entry = (
        "{name: old, table: line.csv, like: coarse, "
        f"columns: {{positive.porosity: eps, {ENERGY}: E}}}}"
    )
    loaded = load_campaign(written(tmp_path, "eps,E\n0.3,200\n0.3,202\n", entry=entry))
    found = loaded.knowledge[0].observations
    assert [one.value(ENERGY) for one in found] == [200, 202]
    assert len({one.job.id for one in found}) == 2
    assert loaded.campaign.fidelity("old").voxels == 16


def test_a_fixed_value_that_differs_is_another_design(tmp_path: Path) -> None:
    table = f"porosity,thickness_um,{ENERGY}\n0.3,70.0,200\n0.3,80,220\n"
    loaded = load_campaign(written(tmp_path, table, entry="{name: old, table: line.csv}"))
    assert [one.value(ENERGY) for one in loaded.knowledge[0].observations] == [200]


def test_a_table_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path)
    with (tmp_path / "line.csv").open("wb") as file:
        file.truncate(2**40)  # sparse: it holds no byte, and cannot be read as a whole
    assert f"larger than {MAX_FILE_BYTES} bytes" in refused(path)
    assert "knowledge" in refused(path)


@pytest.mark.parametrize(
    ("table", "entry", "expected"),
    [
        ("", "{name: old, table: nothing.csv}", "knowledge.*no such file"),
        ("", "{name: old}", "must name a CSV file"),
        (f"depth,{ENERGY}\n1,2\n", "", "no column 'line'; it has: depth"),
        (f"depth,{ENERGY}\n1,2\n", "{name: old, table: line.csv}", "no column for positive.poros"),
        ("porosity,weight\n.3,2\n", "{name: old, table: line.csv}", "no metric; one of these"),
        (f"porosity,{ENERGY}\n.3,much\n", "{name: old, table: line.csv}", "line 2: .* 'much'"),
        (f"porosity,{ENERGY}\n.3,inf\n", "{name: old, table: line.csv}", "line 2: .* 'inf'"),
        (f"porosity,{ENERGY},{ENERGY}_sd\n.3,1,-1\n", "{name: old, table: line.csv}", "at least 0"),
        (f"porosity,{ENERGY}\n.9,1\n", "{name: old, table: line.csv}", "all 1 rows lie outside"),
        (f"porosity,{ENERGY}\n", "{name: old, table: line.csv}", "nothing to learn from: no rows"),
        (f"porosity,{ENERGY}\n.3,1\n", "{name: fine, table: line.csv}", "another level's name"),
        (f"porosity,{ENERGY}\n.3,1\n", "{name: a, table: line.csv, like: b}", "allowed: coarse, f"),
        (
            f"porosity,{ENERGY}\n.3,1\n",
            "{name: a, table: line.csv, colums: {}}",
            "did you mean 'columns'",
        ),
        (f"porosity,{ENERGY}\n.3,1\n", "{name: a, table: line.csv, columns: {x: y}}", "'x' is not"),
    ],
)
def test_a_bad_table_is_one_line_that_names_it(tmp_path, table, entry, expected) -> None:
    message = refused(written(tmp_path, table, entry=entry))
    assert re.search(expected, message), message


def test_binary_and_unbalanced_files_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, entry="{name: old, table: line.csv}")
    (tmp_path / "line.csv").write_bytes(b"\xff\xfe\x00porosity")
    assert "not a CSV file in UTF-8" in refused(path)
    (tmp_path / "line.csv").write_text(f'porosity,{ENERGY}\n"0.3,1\n')
    assert "line.csv" in refused(path)


def test_what_is_known_is_in_the_journal_and_compute_learns_it_first(tmp_path: Path) -> None:
    loaded = load_campaign(written(tmp_path))
    journal = Journal(tmp_path / "journal.db", ManualClock())
    compute = FakeCompute()
    control = Control(
        open_campaign(journal, loaded),
        journal=journal,
        compute=compute,
        configure=Configure(campaign=loaded.campaign, home="/h", artifact_url="file:///h"),
        view=Watcher(),
        clock=ManualClock(),
    )
    outcome = asyncio.run(control.run())
    events = [one.event for one in journal.read("small")]
    journal.close()
    assert isinstance(events[0], CampaignStarted)
    assert isinstance(events[1], Taught)
    learned = [m for m in compute.sent if isinstance(m, Learn) and m.observations]
    assert [one.job.fidelity for one in learned[0].observations] == ["line_2024", "line_2024"]
    assert outcome.ending == "finished"
    assert outcome.state.n_dispatched == {"coarse": 6, "fine": 3}
    best = measured_best(outcome.state)
    assert best is not None
    assert best.job.fidelity == "fine"  # 201.5 in the table is not measured today
    known = [one for one in outcome.state.observations.values() if one.job.fidelity == "line_2024"]
    assert len(known) == 2


def test_the_same_file_goes_on_and_a_changed_table_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    journal = Journal(tmp_path / "journal.db", ManualClock())
    first = open_campaign(journal, load_campaign(path))
    again = open_campaign(journal, load_campaign(path))
    assert list(again.observations) == list(first.observations)
    moved = tmp_path / "moved"
    moved.mkdir()
    open_campaign(journal, load_campaign(written(moved)))
    (tmp_path / "line.csv").write_text(HEADER + ROWS.replace("201.5", "205"))
    with pytest.raises(Invalid, match=r"knowledge\[line_2024\]\.table_sha256"):
        open_campaign(journal, load_campaign(path))
    journal.close()
    assert fold([]) is None


def test_earlier_results_lead_the_search_to_their_optimum(tmp_path: Path) -> None:
    porosity = np.linspace(0.2, 0.5, 25)
    rows = "".join(f"{p:.4f},{200 - 1000 * (p - 0.42) ** 2:.4f}\n" for p in porosity)
    table = tmp_path / "t.csv"
    table.write_text(f"porosity,{ENERGY}\n{rows}")
    known = Knowledge(name="old", table=str(table))
    plain = small_campaign(baseline=False)
    campaign = with_knowledge(plain.model_copy(update={"knowledge": (known,)}))
    told = read_knowledge(campaign, known).observations
    question = Question(campaign=campaign, observations=told, left={"fine": 3}, n_candidates=2)
    ranking = CellwrightDecider(screen=unconstrained).rank(question)
    assert {one.fidelity for one in ranking.candidates} == {"fine"}
    chosen = [float(one.design.values["positive.porosity"]) for one in ranking.candidates]
    assert min(abs(p - 0.42) for p in chosen) < 0.03
