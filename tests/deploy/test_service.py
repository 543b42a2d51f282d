"""The unit and the container file: what a machine can check of them without running them."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

from tests.conftest import absent

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy" / "cellwright@.service"


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT)
    return parser


def test_systemd_finds_no_fault_with_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        absent("systemd-analyze is not on the PATH")
    copy = tmp_path / "cellwright@nmc.service"
    copy.write_text(UNIT.read_text())
    done = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "cellwright@nmc" not in done.stderr


def test_the_unit_restarts_what_crashed_and_not_what_is_wrong_or_finished() -> None:
    service = unit()["Service"]
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"] == "2"
    assert service["KillMode"] == "mixed"
    assert service["OOMPolicy"] == "continue"
    assert re.search(r"cellwright --home \S+ run \S+%i\.yaml$", service["ExecStart"])


def test_the_container_file_copies_what_exists_and_runs_as_nobody_special() -> None:
    text = (ROOT / "deploy" / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    allowed = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "ENV", "VOLUME", "STOPSIGNAL",
               "ENTRYPOINT", "CMD"}  # fmt: skip
    assert {words[0] for words in lines} <= allowed
    copied = [name for words in lines if words[0] == "COPY" for name in words[1:-1]]
    assert all((ROOT / name).exists() for name in copied)
    packages = {"experiments", "simulators", "agents", "instruments", "controller"}
    assert packages <= set(copied)
    assert ["USER", "cellwright"] in lines
    assert lines.index(["USER", "cellwright"]) < [words[0] for words in lines].index("ENTRYPOINT")
