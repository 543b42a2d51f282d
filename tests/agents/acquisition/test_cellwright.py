"""Our decider: its contract, what it makes of failures and ties, and that it beats Sobol."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agents.acquisition import modelled
from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.sobol import SobolDecider
from experiments.ranking import Question
from tests.agents.acquisition.asynchronous_loop import run_loop
from tests.agents.acquisition.stand_in import (
    ENERGY,
    electrode_campaign,
    energy,
    evaluate,
    screen,
)
from tests.contracts.decider_contract import (
    DeciderContract,
    campaign_of,
    nothing_known,
    observed,
    question_of,
)

ROOT = Path(__file__).resolve().parents[3]


class TestCellwrightDecider(DeciderContract):
    @pytest.fixture
    def make(self):
        return lambda screen: CellwrightDecider(screen=screen)


def stand_in_question(n: int = 30, n_candidates: int = 8) -> Question:
    campaign = electrode_campaign(1)
    observations, _ = run_loop(SobolDecider(screen=screen), campaign, evaluate)
    return Question(
        campaign=campaign,
        observations=tuple(observations[:n]),
        left={"coarse": 10, "fine": 5},
        n_candidates=n_candidates,
        position=n,
    )


def test_a_ranking_tells_what_the_model_is_like():
    ranking = CellwrightDecider(screen=screen).rank(stand_in_question())
    diagnosis = ranking.diagnosis
    assert diagnosis is not None
    assert len(diagnosis.held_out) == 30
    covered = [
        abs(held.observed - held.predicted.mean) <= 1.96 * held.predicted.sd
        for held in diagnosis.held_out
    ]
    assert sum(covered) >= 24
    assert diagnosis.level_correlation[ENERGY]["coarse~fine"] > 0.7
    assert set(diagnosis.sensitivity[ENERGY]) == set(diagnosis.length_scales[ENERGY])
    assert diagnosis.surface is not None
    assert len(diagnosis.surface.mean) == len(diagnosis.surface.mean[0]) == 25
    assert ranking.recommended is not None
    assert screen(electrode_campaign(), ranking.recommended.design) is None
    assert not ranking.fallbacks


def test_the_start_is_a_sobol_design_at_the_cheapest_level():
    campaign = electrode_campaign(2)
    question = Question(campaign=campaign, left={"coarse": 24, "fine": 8}, n_candidates=32)
    ours = CellwrightDecider(screen=screen).rank(question).candidates
    sobol = SobolDecider(screen=screen).rank(question).candidates
    assert [c.fidelity for c in ours[:8]] == ["coarse"] * 8
    assert [c.design for c in ours[:8]] == [c.design for c in sobol if c.fidelity == "coarse"][:8]


def test_the_first_ranking_loads_neither_torch_nor_botorch():
    program = (
        "import sys\n"
        "from agents.acquisition.cellwright import CellwrightDecider\n"
        "from experiments.ranking import Question\n"
        "from tests.agents.acquisition.stand_in import electrode_campaign\n"
        "question = Question(campaign=electrode_campaign(2), left={'coarse': 24, 'fine': 8})\n"
        "assert len(CellwrightDecider().rank(question).candidates) == 8\n"
        "print({'torch', 'gpytorch', 'botorch', 'pybamm'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_a_model_that_cannot_be_fitted_stops_nothing(monkeypatch):
    def broken(question):
        raise ArithmeticError("a covariance matrix is not positive definite")

    monkeypatch.setattr(modelled, "form_belief", broken)
    campaign = campaign_of()
    ranking = CellwrightDecider(screen=nothing_known).rank(
        question_of(campaign, observed(campaign, 14))
    )
    assert len(ranking.candidates) == 6
    assert "not positive definite" in ranking.fallbacks[0]


def best_fine(observations) -> tuple[float, float]:
    """Return the best measured value at fine, and the best true one."""
    fine = [o for o in observations if o.job.fidelity == "fine" and not o.is_failed]
    measured = max(o.value(ENERGY) or 0.0 for o in fine)
    return measured, max(energy(o.job.design) or 0.0 for o in fine)


def duel(seed: int) -> tuple[bool, bool]:
    """Say whether our best fine design beats the best of 8 Sobol designs: measured, true."""
    ours, _ = run_loop(CellwrightDecider(screen=screen), electrode_campaign(seed), evaluate)
    eight = electrode_campaign(seed, coarse=0)
    theirs, _ = run_loop(SobolDecider(screen=screen), eight, evaluate)
    (our_measured, our_true), (their_measured, their_true) = best_fine(ours), best_fine(theirs)
    return our_measured > their_measured, our_true > their_true


def test_a_whole_campaign_beats_eight_sobol_designs():
    assert duel(3) == (True, True)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nineteen_of_twenty_campaigns_beat_eight_sobol_designs():
    duels = [duel(seed) for seed in range(20)]
    assert sum(measured for measured, _ in duels) >= 19
    assert sum(true for _, true in duels) >= 19
