"""Every format gives the same record, and hostile files are refused fast and small."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.errors import Invalid
from instruments.lab_simulator.cycler_files import SUFFIX, write_cycler_file
from instruments.results.columns import ColumnMapping
from instruments.results.cycling_record import CyclingRecord
from instruments.results.parser import Parser, ParserLimits
from tests.benchmarks.hostile_files import bombs, fuzzed, real_files

REASONS = {"hostile", "too_large", "too_slow", "unreadable", "empty", "no_reader"}


@pytest.fixture(scope="module")
def parser():
    with Parser() as parser:
        yield parser


@pytest.fixture(scope="module")
def record():
    time_s = np.arange(0.0, 7200.0, 10.0)
    return CyclingRecord(
        time_s=time_s,
        voltage_V=3.5 + 0.5 * np.sin(time_s / 2000.0),
        current_A=np.where(time_s < 3600.0, 1e-3, -2e-3),
        step=np.where(time_s < 3600.0, 1, 2),
        sample="b1-cell1",
    )


def close_to(found: CyclingRecord, record: CyclingRecord) -> None:
    assert found.time_s == pytest.approx(record.time_s, abs=1e-3)
    assert found.voltage_V == pytest.approx(record.voltage_V, abs=1e-5)
    assert found.current_A == pytest.approx(record.current_A, abs=1e-8)
    assert found.step is not None
    assert (found.step == record.step).all()


@pytest.mark.parametrize("file_format", SUFFIX)
def test_a_file_of_the_simulated_cyclers_reads_back(parser, record, tmp_path, file_format) -> None:
    path = tmp_path / f"cell{SUFFIX[file_format]}"
    path.write_bytes(write_cycler_file(record, file_format))
    close_to(parser.read(path).record, record)


@pytest.mark.parametrize(
    "names",
    [
        ("Test_Time(s)", "Voltage(V)", "Current(A)", "Step_Index"),
        ("Test Time (s)", "Voltage (V)", "Current (A)", "Step Index"),
        ("Test Time / s", "Voltage / V", "Current / A", "Step Count / 1"),
    ],
)
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_tables_of_arbin_and_of_the_data_format_read_alike(
    parser, record, tmp_path, names, ending
) -> None:
    table = pd.DataFrame(
        dict(
            zip(
                names,
                (record.time_s, record.voltage_V, record.current_A, record.step),
                strict=True,
            )
        )
    )
    path = tmp_path / f"table{ending}"
    if ending == ".csv":
        table.to_csv(path, index=False)
    else:
        with pd.ExcelWriter(path) as book:
            pd.DataFrame({"about": ["Arbin"]}).to_excel(book, sheet_name="Info", index=False)
            table.to_excel(book, sheet_name="Channel_1", index=False)
    close_to(parser.read(path).record, record)


def test_a_mapping_reads_what_names_its_columns_in_its_own_way(parser, record, tmp_path) -> None:
    path = tmp_path / "eigen.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("Prüfstand 7\nZeit;Spannung;Strom;Schritt\n")
        for row in zip(
            record.time_s / 60, record.voltage_V * 1e3, -record.current_A * 1e3, record.step,
            strict=True,
        ):  # fmt: skip
            file.write(";".join(f"{value:.9f}".replace(".", ",") for value in row) + "\n")
    mapping = ColumnMapping(
        time="Zeit", voltage="Spannung", current="Strom", step="Schritt", time_unit="min",
        voltage_unit="mV", current_unit="mA", discharge_is_positive=True, delimiter=";",
        decimal=",", skip_lines=1,
    )  # fmt: skip
    close_to(parser.read(path, mapping).record, record)


def test_a_table_without_a_voltage_says_what_it_found(parser, tmp_path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("time/s,speed\n1,2\n3,4\n", encoding="utf-8")
    with pytest.raises(Invalid, match=r"no column is the voltage; found: time/s, speed"):
        parser.read(path)


@pytest.mark.parametrize(("name", "content"), bombs().items(), ids=list(bombs()))
def test_a_bomb_is_refused_with_a_reason(parser, tmp_path, name, content) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    began = time.process_time()
    with pytest.raises(Invalid) as caught:
        parser.read(path)
    assert caught.value.reason in REASONS
    assert parser.last_peak_MB < 300
    assert time.process_time() - began < 1.0
    assert sorted(os.listdir(tmp_path)) == [name]


def test_ten_gigabytes_of_nothing_are_refused_at_once(parser, tmp_path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    with pytest.raises(Invalid) as caught:
        parser.read(path)
    assert caught.value.reason == "too_large"


def test_a_link_is_not_followed(parser, tmp_path) -> None:
    (tmp_path / "link.csv").symlink_to("/etc/passwd")
    with pytest.raises(Invalid, match=r"link\.csv"):
        parser.read(tmp_path / "link.csv")


def test_fuzzed_real_files_crash_nothing_and_leave_nothing(parser, tmp_path) -> None:
    outcomes = {"read": 0}
    for number, (name, content) in enumerate(fuzzed(real_files(), 80, seed=5)):
        path = tmp_path / f"{number}-{name}"
        path.write_bytes(content)
        try:
            parser.read(path)
            outcomes["read"] += 1
        except Invalid as error:
            outcomes[error.reason] = outcomes.get(error.reason, 0) + 1
        assert parser.last_peak_MB < 300
        path.unlink()
    assert list(tmp_path.iterdir()) == []
    assert set(outcomes) <= REASONS | {"read"}
    assert outcomes["unreadable"] > 20


def test_a_reader_that_needs_too_much_is_ended_and_the_next_file_is_read(tmp_path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(b"time/s,voltage/V,current/A\n" + b"1,3.7,0.001\n" * 1_900_000)
    with Parser(ParserLimits(memory_MB=8, cpu_s=20.0)) as parser:
        with pytest.raises(Invalid) as caught:
            parser.read(path)
        assert caught.value.reason in {"hostile", "unreadable"}
        path.write_bytes(b"time/s,voltage/V,current/A\n" + b"1,3.7,0.001\n" * 100)
        assert parser.read(path).record.n_rows == 100


def test_the_parser_goes_on_after_its_process_was_killed(parser, record, tmp_path) -> None:
    path: Path = tmp_path / "cell.csv"
    path.write_bytes(write_cycler_file(record, "neware-csv"))
    parser.read(path)
    parser._process.kill()
    parser._process.wait()
    close_to(parser.read(path).record, record)
