"""Instruments come from the administrator's file only, and a wrong file is told by its key."""

from __future__ import annotations

import os

import pytest

from experiments.errors import Invalid
from instruments.administration import VARIABLE, instruments_file, read_instruments
from instruments.opening import kinds, open_instrument

HTTP = "{name: bench, kind: http-lab, address: 'http://127.0.0.1:8765', secret_file: secret}"
OFFER = """
offer:
  chemistries: [NMC811]
  limits:
    thickness_m: {min: 2.0e-5, max: 1.5e-4}
    loading_kg_per_m2: {min: 0.05, max: 0.4}
    porosity: {min: 0.2, max: 0.6}
    voltage_V: {min: 2.0, max: 4.9}
    current_A: 0.05
    temperature_C: {min: 10, max: 45}
"""


def written(folder, text: str):
    path = folder / "instruments.yaml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    secret = folder / "secret"
    secret.write_text("k" * 40, encoding="utf-8")
    secret.chmod(0o600)
    return path


def test_an_instrument_is_opened_with_the_secret_beside_the_file(tmp_path) -> None:
    (entry,) = read_instruments(written(tmp_path, f"instruments: [{HTTP}]"))
    assert entry.secret_file == tmp_path / "secret"
    assert "kkkk" not in repr(open_instrument(entry, tmp_path)) + repr(entry)


@pytest.mark.parametrize(
    ("kind", "more"), [("manual", ""), ("cycler-by-file", "  dialect: biologic\n")]
)
def test_a_folder_is_opened_with_an_offer_within_the_hard_limits(tmp_path, kind, more) -> None:
    indented = OFFER.replace("\n", "\n    ")
    text = (
        f"instruments:\n  - name: b\n    kind: {kind}\n    secret_file: secret\n  {more}{indented}"
    )
    (entry,) = read_instruments(written(tmp_path, text.rstrip() + "\n"))
    assert open_instrument(entry, tmp_path).name == "b"
    assert entry.capabilities.limits.voltage_V.max == 4.5


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"instruments: [{HTTP}, {HTTP}]", "two instruments are named bench"),
        ("instruments: [{name: b, kind: http-lab, secret_file: s}]", "needs address"),
        ("instrument: []", "one key, instruments"),
        (f"instruments: [{HTTP.replace('127.0.0.1:8765', 'lab.example')}]", "elsewhere https"),
        (f"instruments: [{HTTP.replace('127', 'me:pw@127')}]", "no credentials"),
        (f"instruments: [{HTTP.replace('http:', 'file:')}]", "instruments.0.address"),
        (f"instruments: [{HTTP.replace('kind', 'sort')}]", "instruments.0"),
        ("instruments: {", "instruments.yaml"),
        ("instruments: 5", "one key, instruments, with a list"),
        ("instruments: 2026-13-45", "month must be in"),
        (f"instruments: {'9' * 5000}", "instruments.yaml: "),
        (f"instruments: [{HTTP[:-1]}, simulated: 'yes'}}]", "0.simulated"),
        (f"instruments: [{HTTP.replace('}', ', simulated: 1}')}]", "0.simulated"),
    ],
)
def test_a_wrong_file_is_told_by_its_key(tmp_path, text, complaint) -> None:
    with pytest.raises(Invalid, match=complaint):
        read_instruments(written(tmp_path, text))


def test_a_file_that_others_may_write_is_refused(tmp_path) -> None:
    path = written(tmp_path, f"instruments: [{HTTP}]")
    path.chmod(0o666)
    with pytest.raises(Invalid, match="lets others in"):
        read_instruments(path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_that_others_may_read_is_refused(tmp_path, mode) -> None:
    (entry,) = read_instruments(written(tmp_path, f"instruments: [{HTTP}]"))
    os.chmod(tmp_path / "secret", mode)
    with pytest.raises(Invalid, match="lets others in") as caught:
        open_instrument(entry, tmp_path)
    assert "kkkk" not in str(caught.value)


def test_an_unknown_kind_names_the_known_ones(tmp_path) -> None:
    text = "instruments: [{name: b, kind: oracle, secret_file: secret}]"
    (entry,) = read_instruments(written(tmp_path, text))
    with pytest.raises(Invalid, match="allowed: http-lab, manual, cycler-by-file"):
        open_instrument(entry, tmp_path)
    assert kinds()[:3] == ("http-lab", "manual", "cycler-by-file")


def test_the_file_is_named_by_the_environment_or_lies_in_the_home(tmp_path) -> None:
    assert instruments_file(tmp_path, {}) == tmp_path / "instruments.yaml"
    assert instruments_file(tmp_path, {VARIABLE: "/etc/lab.yaml"}).as_posix() == "/etc/lab.yaml"
    assert read_instruments(tmp_path / "absent.yaml") == ()
