from __future__ import annotations

from pathlib import Path

import pytest

from controller.checks import Check, Verdict
from controller.instrument_checks import instrument_checks

OFFER = """
      chemistries: [NMC811]
      formats: [coin]
      limits:
        thickness_m: {min: 3.0e-5, max: 1.5e-4}
        loading_kg_per_m2: {min: 0.05, max: 0.4}
        porosity: {min: 0.2, max: 0.6}
        voltage_V: {min: 2.0, max: 4.3}
        current_A: 0.05
        temperature_C: {min: 10, max: 45}
      max_cells: 8
      stock: {NMC811: 0.5, cells: 60}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    secret = tmp_path / "a.secret"
    secret.write_bytes(b"s" * 40)
    secret.chmod(0o600)
    return tmp_path


def checked(home: Path, text: str) -> list[Check]:
    file = home / "instruments.yaml"
    file.write_text(text)
    file.chmod(0o644)
    return instrument_checks(home, {})


def test_no_file_is_a_note(home: Path) -> None:
    (check,) = instrument_checks(home, {})
    assert check.verdict is Verdict.note
    assert check.found == "none configured"


def test_a_technicians_bench_can_work(home: Path) -> None:
    bench = "instruments:\n  - name: bench\n    kind: manual\n    secret_file: a.secret\n    offer:"
    (check,) = checked(home, bench + OFFER)
    assert check.verdict is Verdict.ok, check
    assert check.name == "instrument bench"
    assert check.found.startswith("manual: ")


def test_a_lab_that_does_not_answer_and_a_secret_that_is_not_there_are_wrong(home: Path) -> None:
    entry = "  - {{name: {}, kind: http-lab, address: 'http://127.0.0.1:9', secret_file: {}}}\n"
    silent, bare = checked(
        home, "instruments:\n" + entry.format("far", "a.secret") + entry.format("bare", "none")
    )
    assert silent.verdict is Verdict.wrong
    assert silent.advice
    assert bare.verdict is Verdict.wrong
    assert bare.found == "cannot be opened"


def test_a_file_that_is_wrong_says_where(home: Path) -> None:
    (check,) = checked(home, "instruments:\n  - {name: x, kind: http-lab}\n")
    assert check.verdict is Verdict.wrong
    assert check.advice is not None
    assert "instruments.0" in check.advice
