from __future__ import annotations

from pathlib import Path

import pytest

from agents.artifact_store import ArtifactStore
from agents.stage_cache import StageCache, stage_key
from experiments.performance import CellPerformance

VALUE = CellPerformance(metrics={"capacity_Ah": 24.9}, termination="minimum voltage")


@pytest.fixture
def cache(tmp_path: Path) -> StageCache:
    cache = StageCache(ArtifactStore(str(tmp_path)))
    cache.keep("evaluate", "1", "k" * 64, VALUE, elapsed_s=1.5, worker="host:1")
    return cache


def test_a_kept_result_is_found_with_what_it_cost(cache: StageCache) -> None:
    found = cache.find("evaluate", "k" * 64, CellPerformance)
    assert found is not None
    assert found.value == VALUE
    assert (found.elapsed_s, found.worker) == (1.5, "host:1")


def test_another_key_or_stage_finds_nothing(cache: StageCache) -> None:
    assert cache.find("evaluate", "l" * 64, CellPerformance) is None
    assert cache.find("generate", "k" * 64, CellPerformance) is None


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "swap"])
def test_a_damaged_result_is_not_found_and_can_be_kept_again(
    cache: StageCache, tmp_path: Path, damage: str
) -> None:
    path = next(tmp_path.rglob("*.json"))
    whole = path.read_bytes()
    position = whole.index(b"24.9")
    damaged = {
        "flip": whole[:position] + b"34.9" + whole[position + 4 :],
        "truncate": whole[: len(whole) // 2],
        "empty": b"",
        "swap": whole.replace(b"k" * 64, b"j" * 64),
    }[damage]
    path.write_bytes(damaged)
    assert cache.find("evaluate", "k" * 64, CellPerformance) is None
    cache.keep("evaluate", "1", "k" * 64, VALUE, elapsed_s=1.5, worker="host:1")
    assert cache.find("evaluate", "k" * 64, CellPerformance) is not None


def test_a_key_changes_with_stage_version_and_inputs_only() -> None:
    key = stage_key("generate", "1", {"seed": 1, "porosity": 0.3})
    assert key == stage_key("generate", "1", {"porosity": 0.3, "seed": 1})
    assert key != stage_key("generate", "2", {"porosity": 0.3, "seed": 1})
    assert key != stage_key("read", "1", {"porosity": 0.3, "seed": 1})
    assert key != stage_key("generate", "1", {"porosity": 0.3, "seed": 2})
