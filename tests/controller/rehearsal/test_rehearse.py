"""The whole controller against a simulated cluster: what holds whatever goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from controller.journal import JournalReader
from controller.rehearsal import Faults, Rehearsed, broken_invariants
from experiments.baseline import ImageBaseline
from experiments.budget import Budget, Stopping
from experiments.campaign import PartChoice
from experiments.errors import CellwrightError, Invalid
from tests.controller.rehearsal.planned_campaign import (
    HARSH,
    memory_folder,
    planned,
    rehearsed_in,
)

ROOT = Path(__file__).resolve().parents[3]


@cache
def undisturbed() -> frozenset[str]:
    with memory_folder() as folder:
        return frozenset(rehearsed_in(folder, planned(), faults=Faults.none()).state.observations)


def require_sound(seed: int) -> Rehearsed:
    """Rehearse in a harsh world, and check everything that must hold."""
    with memory_folder() as folder:
        found = rehearsed_in(folder, planned(), seed=seed, n_workers=1 + seed % 7, faults=HARSH)
        assert broken_invariants(found) == ()
    assert found.is_finished
    assert found.state.reason == "budget"
    assert frozenset(found.state.observations) == undisturbed()
    return found


@pytest.mark.parametrize("first", range(0, 24, 6))
def test_nothing_is_lost_or_doubled_whatever_dies(first: int) -> None:
    found = [require_sound(seed) for seed in range(first, first + 6)]
    assert sum(one.n_kills for one in found) > 0
    assert sum(d.n_lost for one in found for d in one.state.dispatches.values()) > 0


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 1000, 50))
def test_a_thousand_seeds_lose_and_double_nothing(first: int) -> None:
    for seed in range(first, first + 50):
        require_sound(seed)


def journal_bytes(folder: Path) -> list[tuple[int, str, float, str]]:
    with JournalReader(folder / "journal.db") as journal:
        return [(r.position, r.at, r.session_s, r.hash) for r in journal.read("tiny")]


def test_a_seed_replays_to_the_last_byte_and_another_seed_does_not() -> None:
    """Every event's hash covers its stored bytes, its times, and the hash before it."""
    found = []
    for seed in (5, 5, 6):
        with memory_folder() as folder:
            rehearsed_in(folder, planned(), seed=seed, faults=HARSH)
            found.append(journal_bytes(folder))
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_a_seed_replays_in_another_process_that_hashes_otherwise() -> None:
    script = (
        "from tests.controller.rehearsal.planned_campaign import *;"
        "from tests.controller.rehearsal.test_rehearse import journal_bytes\n"
        "with memory_folder() as folder:\n"
        "    rehearsed_in(folder, planned(), seed=5, faults=HARSH)\n"
        "    print(journal_bytes(folder)[-1])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": number, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for number in ("1", "2")
    }
    assert len(told) == 1


def test_a_month_of_a_campaign_with_faults_takes_seconds() -> None:
    with memory_folder() as folder:
        campaign = planned(40, deadline_s=2 * 86400)
        found = rehearsed_in(folder, campaign, n_workers=2, job_s=20 * 3600, days=90)
        assert broken_invariants(found) == ()
    assert found.is_finished
    assert found.simulated_s > 20 * 86400
    assert found.state.n_compute_lost > 0


def test_a_world_without_faults_keeps_every_worker_busy() -> None:
    with memory_folder() as folder:
        found = rehearsed_in(
            folder, planned(400), n_workers=8, faults=Faults.none(), days=0.2, refit_s=300
        )
    assert not found.is_finished
    assert found.state.reason == "the rehearsal's time is up"
    assert found.utilisation is not None
    assert found.utilisation > 0.97


def test_the_surrogates_decider_is_rehearsed_as_it_is() -> None:
    with memory_folder() as folder:
        campaign = planned(2, decider=PartChoice(name="cellwright"))
        found = rehearsed_in(folder, campaign, faults=HARSH, seed=1)
        assert broken_invariants(found) == ()
    assert found.is_finished
    assert found.state.asked is not None
    assert found.state.asked.decider == "cellwright"


@pytest.mark.parametrize("decider", ["sobol", "random"])
def test_declared_costs_are_never_overspent(decider: str) -> None:
    levels = [
        level.model_copy(update={"cost": cost})
        for level, cost in zip(planned().fidelities, (1.0, 5.0), strict=True)
    ]
    campaign = planned(
        fidelities=tuple(levels),
        budget=Budget(fine_equivalents=10, at_least={"fine": 4}),
        decider=PartChoice(name=decider),
    )
    with memory_folder() as folder:
        found = rehearsed_in(folder, campaign, faults=HARSH, seed=2)
        assert broken_invariants(found) == ()
    assert found.is_finished


def test_a_plateau_ends_a_rehearsed_campaign_too() -> None:
    campaign = planned(60, stopping=Stopping(plateau_evaluations=6))
    with memory_folder() as folder:
        found = rehearsed_in(folder, campaign, seed=3)
        assert broken_invariants(found) == ()
    assert found.state.reason == "plateau"


def test_a_campaign_from_an_image_is_refused_in_words(tmp_path: Path) -> None:
    image = ImageBaseline(image="a.tif", image_sha256="0" * 64, voxel_size_um=1.0, thickness_um=75)
    with pytest.raises(Invalid, match="cannot be rehearsed"):
        rehearsed_in(tmp_path, planned(baseline=image))


def test_a_campaign_that_can_only_fail_ends_with_its_reason(tmp_path: Path) -> None:
    hopeless = Faults(failed_ask=1.0)
    with pytest.raises(CellwrightError, match="decider failed 3 times"):
        rehearsed_in(tmp_path, planned(), faults=hopeless)
