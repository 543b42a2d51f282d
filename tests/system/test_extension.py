"""A package outside the repository adds a generator and a decider without touching it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from controller.campaign_file import load_campaign
from controller.events import Observed, Ranked
from tests.contracts.decider_contract import DeciderContract
from tests.contracts.generator_contract import GeneratorContract
from tests.system.tiny_session import CAMPAIGN, events

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "cellwright-spheres"


def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "cellwright_spheres", EXAMPLE / "cellwright_spheres.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestEqualSpheres(GeneratorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def generator(cls):
        return example().EqualSpheres()


class TestLatinHypercube(DeciderContract):
    @pytest.fixture
    def make(self):
        return lambda screen: example().LatinHypercube(screen=screen)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds the installed example, entry points included."""
    folder = tmp_path_factory.mktemp("outside")
    source = folder / "source"
    source.mkdir()
    for path in EXAMPLE.iterdir():
        if path.is_file():
            (source / path.name).write_bytes(path.read_bytes())
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "install", "--no-deps", "--no-index",
         "--no-build-isolation", "--target", str(folder / "site"), str(source)],
        check=True,
        cwd=folder,
    )  # fmt: skip
    return folder / "site"


def cellwright(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "controller", "--home", str(folder / "home"), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=240,
        env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"},
        check=False,
    )


def test_a_campaign_uses_both_parts_by_name(installed: Path, tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    campaign = CAMPAIGN.replace("decider: sobol", "decider: latin-hypercube")
    path.write_text(campaign + "generator: equal-spheres\n")
    done = cellwright(
        installed, tmp_path, "run", str(path), "--stop-after", "1", "--workers", "1", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert sum(json.loads(done.stdout)["observations"].values()) >= 1
    told = events(tmp_path / "home")
    deciders = {one.ranking.decider for one in told if isinstance(one, Ranked)}
    assert deciders == {"latin-hypercube"}
    for one in told:
        if isinstance(one, Observed):
            versions = [stage.version for stage in one.observation.provenance.stages]
            assert any("equal-spheres" in version for version in versions)


def test_an_unknown_part_names_those_that_exist(tmp_path: Path) -> None:
    path = tmp_path / "unknown.yaml"
    path.write_text(load_campaign("quickstart").text + "decider: oracle\n")
    done = cellwright(ROOT, tmp_path, "run", str(path))
    assert done.returncode == 2
    assert "'oracle' is not known; allowed: cellwright, sobol, random" in done.stderr
