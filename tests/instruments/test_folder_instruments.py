"""The manual lab, the cycler by file and an adapter from outside keep the contract and more."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from experiments.build_status import BuildState
from instruments.coating_plan import coating_plan
from instruments.cycler_by_file import cycler_by_file, protocol_files
from instruments.manual_lab import manual_lab
from instruments.work_order import slurries, work_order
from tests.contracts.instrument_contract import InstrumentContract
from tests.instruments.a_build import (
    CAPABILITIES,
    SECRET,
    build_of,
    payload_of,
    protocol_of,
    recipe_of,
    request_of,
)

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/cellwright-diary/cellwright_diary.py"
LATER = 1e10


def diary_class():
    spec = importlib.util.spec_from_file_location("cellwright_diary", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Diary


class FolderContract(InstrumentContract):
    secret = SECRET

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path / "bench"

    @contextlib.asynccontextmanager
    async def opened(self):
        yield self.make()


class TestManualLab(FolderContract):
    def make(self):
        return manual_lab("bench", SECRET, self.folder, CAPABILITIES)


class TestNeware(FolderContract):
    def make(self):
        return cycler_by_file("bench", SECRET, self.folder, CAPABILITIES, dialect="neware")


class TestBiologic(FolderContract):
    def make(self):
        return cycler_by_file("bench", SECRET, self.folder, CAPABILITIES, dialect="biologic")


class TestDiary(FolderContract):
    def make(self):
        return diary_class()("bench", SECRET, self.folder, CAPABILITIES)


def test_the_adapter_from_outside_is_short() -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 150


@pytest.fixture
def bench(tmp_path):
    return manual_lab("bench", SECRET, tmp_path, CAPABILITIES, seconds=lambda: LATER)


def test_a_manual_build_ends_when_every_cell_has_a_file_or_a_reason(bench, tmp_path) -> None:
    async def steps():
        states = [(await bench.submit(build_of(), 1)).state]
        uploads = tmp_path / "uploads" / "b1"
        (uploads / "b1-cell1.mpt").write_bytes(b"anything")
        states.append((await bench.status("b1")).state)
        (uploads / "Cell 2 repeat.csv").write_bytes(b"something")
        (uploads / "measured.yaml").write_text(
            "coating: {thickness_um: 76.1, loading_mg_per_cm2: 22.9}\nfailed: {3: dropped}\n",
            encoding="utf-8",
        )
        last = await bench.status("b1")
        return [*states, last.state], last, await bench.results("b1")

    states, last, files = asyncio.run(steps())
    assert states == [BuildState.queued, BuildState.running, BuildState.finished]
    assert last.as_built.thickness_m == pytest.approx(76.1e-6)
    assert last.as_built.loading_kg_per_m2 == pytest.approx(0.229)
    assert [(c.is_ok, c.reason) for c in last.cells] == [
        (True, None), (True, None), (False, "dropped"),
    ]  # fmt: skip
    assert sorted((f.cell, f.path.read_bytes()) for f in files) == [
        (1, b"anything"), (2, b"something"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("note", "complaint"),
    [
        ("coating: {thickness_um: thin}", "thickness_um"),
        ("coat: {}", "allowed: coating, cells, failed"),
        ("[" * 300, "measured.yaml"),
    ],
)
def test_a_wrong_note_is_told_and_harms_nothing(bench, tmp_path, note, complaint) -> None:
    async def steps():
        await bench.submit(build_of(), 1)
        (tmp_path / "uploads/b1/measured.yaml").write_text(note, encoding="utf-8")
        return await bench.status("b1")

    status = asyncio.run(steps())
    assert status.state is BuildState.queued
    assert complaint in (status.reason or "") or "measured.yaml" in (status.reason or "")


def test_files_that_are_still_written_or_are_links_are_left_alone(tmp_path) -> None:
    cycler = cycler_by_file(
        "c", SECRET, tmp_path, CAPABILITIES, dialect="neware", seconds=lambda: 1000.0
    )

    async def steps():
        await cycler.submit(build_of(), 1)
        folder = tmp_path / "results"
        folder.mkdir()
        for name, written_s in (
            ("b1-cell1.csv", 900.0),
            ("b1-cell2.csv", 999.0),
            ("b12-cell1.csv", 900.0),
            (".b1-cell3.csv", 900.0),
        ):
            (folder / name).write_bytes(name.encode())
            os.utime(folder / name, (written_s, written_s))
        (folder / "b1-cell3.csv").symlink_to("/etc/passwd")
        return await cycler.results("b1")

    (only,) = asyncio.run(steps())
    assert (only.name, only.cell) == ("b1-cell1.csv", 1)


def test_the_masses_of_a_slurry_are_those_of_the_recipe_to_the_milligram() -> None:
    (cup,) = slurries([build_of()])
    masses = dict(cup.masses_g)
    dry_g = sum(grams for name, grams in masses.items() if name != "NMP")
    assert masses["NMC811"] / dry_g == pytest.approx(0.94, abs=1e-3)
    assert masses["PVdF binder"] / dry_g == pytest.approx(0.03, abs=1e-3)
    assert dry_g / (dry_g + masses["NMP"]) == pytest.approx(cup.solids_wt_pct / 100, abs=1e-3)
    assert all(grams == round(grams, 3) for grams in masses.values())


def test_a_session_shares_a_slurry_and_varies_thickness_and_porosity() -> None:
    thicker = payload_of(request_of(recipe=recipe_of(thickness_m=95e-6, porosity=0.28)))
    richer = payload_of(
        request_of(recipe=recipe_of(active_wt_pct=96, binder_wt_pct=2, carbon_wt_pct=2))
    )
    cups = slurries([build_of("b1"), build_of("b2", thicker), build_of("b3", richer)])
    assert [cup.builds for cup in cups] == [("b1", "b2"), ("b3",)]


def test_the_gaps_and_masses_of_an_order_follow_from_the_loading() -> None:
    order, plan = work_order(build_of()), coating_plan(request_of())
    assert order.disc_coating_mg == pytest.approx(
        1e6 * plan.loading_kg_per_m2 * 3.14159265 / 4 * 14e-3**2, rel=1e-6
    )
    dry_um = 75.0 * (1 - 0.32) / (1 - 0.5)
    assert order.as_dried_um == pytest.approx(dry_um)
    wet_g_per_cm2 = plan.loading_kg_per_m2 / 0.62 / 10
    assert wet_g_per_cm2 / (order.blade_gap_um * 0.5 * 1e-4) == pytest.approx(2.0, rel=0.2)
    step = next(s for s in order.steps if s.rate_per_h == pytest.approx(1.0))
    assert step.current_mA == pytest.approx(order.cell_capacity_mAh)
    assert step.power_mW == pytest.approx(step.current_mA * plan.mean_voltage_V)


def test_the_sheet_names_every_cell_and_escapes_what_it_is_given(bench, tmp_path) -> None:
    evil = payload_of(request_of(campaign="<script>alert(1)</script>"))

    async def steps():
        await bench.submit(build_of("b1"), 1)
        await bench.submit(build_of("b2", evil), 1)

    asyncio.run(steps())
    session = (tmp_path / "papers/session.html").read_text(encoding="utf-8")
    assert {f"b{b}-cell{n}" for b in (1, 2) for n in (1, 2, 3)} <= set(
        re.findall(r"b\d-cell\d", session)
    )
    assert "<script" not in session
    assert "http" not in session
    assert "b2" not in (tmp_path / "papers/b1.html").read_text(encoding="utf-8")


def test_neware_gets_steps_in_its_own_words_and_the_planned_current() -> None:
    files = protocol_files(build_of(payload=payload_of(request_of(protocol=protocol_of(1.0)))),
                           "neware")  # fmt: skip
    assert sorted(files) == [f"b1-cell{n}.xml" for n in (1, 2, 3)]
    root = ET.fromstring(files["b1-cell2.xml"])
    currents = {float(e.attrib["Value"]) for e in root.iter("Curr") if e.attrib}
    capacity_mAh = 1e3 * coating_plan(request_of()).cell_capacity_Ah
    assert any(value == pytest.approx(capacity_mAh, rel=1e-3) for value in currents), currents


def test_biologic_gets_settings_that_name_sample_and_capacity() -> None:
    text = protocol_files(build_of(), "biologic")["b1-cell1.mps"].decode("cp1252")
    capacity_mAh = 1e3 * coating_plan(request_of()).cell_capacity_Ah
    assert text.startswith("EC-LAB SETTING FILE")
    assert "Comments : b1-cell1" in text
    assert f"Battery capacity : {capacity_mAh:.3f} mA.h" in text
