"""The wheel works without the repository, even from a folder that holds a hostile ``agents``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("experiments", "simulators", "agents", "instruments", "controller")


def clean_environment() -> dict[str, str]:
    """Return the environment without what would let the repository be found."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CELLWRIGHT"))}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the ``bin`` of an environment that has the wheel, not the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet"]
    wheels = folder / "wheels"
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(source)],
        check=True,
        cwd=folder,
        env=clean_environment(),
    )
    environment = folder / "env"
    venv.create(environment, with_pip=False, symlinks=True)
    [site] = environment.glob("lib/python*/site-packages")
    [wheel] = wheels.glob("*.whl")
    subprocess.run(
        [*pip, "--python", str(environment / "bin" / "python"), "install", "--no-deps",
         "--no-index", str(wheel)],
        check=True,
        cwd=folder,
        env=clean_environment(),
    )  # fmt: skip
    bring_compiled_kernels(site)
    # The dependencies come from the environment of the tests; its editable install does not,
    # because a path added by a .pth file has its own .pth files ignored.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return environment / "bin"


def bring_compiled_kernels(site: Path) -> None:
    """Spare the first campaign a minute: the same sources have compiled kernels already.

    Numba knows a source by its size and its time of change.
    """
    for compiled in (ROOT / "simulators").rglob("*.nb[ci]"):
        place = site / compiled.relative_to(ROOT)
        place.parent.mkdir(exist_ok=True)
        shutil.copy(compiled, place)
    for source in (site / "simulators").rglob("*.py"):
        changed_s = (ROOT / source.relative_to(site)).stat().st_mtime
        os.utime(source, (changed_s, changed_s))


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return a folder whose own packages end every process that imports them."""
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the hostile package')\n")
    return tmp_path


def run(installed: Path, hostile: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(installed / "cellwright"), *arguments],
        capture_output=True,
        text=True,
        cwd=hostile,
        timeout=600,
        env=clean_environment(),
        check=False,
    )


def test_doctor_finds_nothing_wrong(installed: Path, hostile: Path) -> None:
    done = run(installed, hostile, "doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert document["ok"]
    found = {check["name"]: check for check in document["checks"]}
    assert {"python", "ray", "ray starts", "sqlite", "gpu", "disk", "home"} <= set(found)
    assert found["ray starts"]["verdict"] == "ok"
    assert not (hostile / "cellwright-home").exists()


@pytest.mark.timeout(900)
def test_the_quickstart_runs_by_name(installed: Path, hostile: Path) -> None:
    done = run(installed, hostile, "run", "quickstart", "--stop-after", "1", "--workers", "1")
    assert done.returncode == 0, done.stderr
    state = run(installed, hostile, "status", "quickstart", "--json")
    assert sum(json.loads(state.stdout)["observations"].values()) >= 1
