"""Our decider: multi-fidelity, cost-aware, with pending jobs, failures and constraints in mind."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from agents.acquisition.build_readiness import without_early_builds
from agents.acquisition.dispatched import Identity, identity
from agents.acquisition.fixed_sequence import feasible_designs, in_fixed_order
from agents.acquisition.known_constraints import Screen, violation
from agents.acquisition.measured_best import measured_best
from agents.acquisition.sobol import sobol_blocks
from agents.acquisition.start import start_candidates
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.ranking import Candidate, Question, Ranking, Scores

if TYPE_CHECKING:
    from agents.acquisition.modelled import Modelled


class CellwrightDecider:
    """Sobol start, then the highest gain per price under one process over all levels."""

    name = "cellwright"
    version = "5"

    def __init__(
        self, *, screen: Screen = violation, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._screen = screen
        self._clock = clock

    def rank(self, question: Question) -> Ranking:
        """Return candidates by gain per price; on any failure of the model, the Sobol sequence."""
        started = self._clock()
        screen = remembering(self._screen)
        designs = feasible_designs(question.campaign, sobol_blocks(question.campaign), screen)
        candidates = start_candidates(question, designs)
        question = without_early_builds(question, candidates)
        fallbacks: tuple[str, ...] = ()
        modelled: Modelled | None = None
        if any(not observation.is_failed for observation in question.observations):
            from agents.acquisition.modelled import ask_model

            try:
                modelled = ask_model(question, screen, candidates)
            except (ArithmeticError, ValueError, RuntimeError) as error:
                fallbacks = (f"sobol sequence, because the model failed: {error}",)
        if modelled is not None:
            candidates += modelled.candidates
            fallbacks = modelled.fallbacks
        if len(candidates) < question.n_candidates:
            candidates += _from_sequence(question, screen, candidates)
        return Ranking(
            position=question.position,
            decider=self.name,
            decider_version=self.version,
            candidates=tuple(candidates),
            recommended=modelled.recommended if modelled else measured_best(question),
            diagnosis=modelled.diagnosis if modelled else None,
            prospect=modelled.prospect if modelled else None,
            fallbacks=fallbacks,
            demoted=modelled.demoted if modelled else {},
            elapsed_s=self._clock() - started,
        )

    def score(self, question: Question, designs: tuple[Design, ...], fidelity: str) -> Scores:
        """Return designs that people have in mind, under the belief a ranking would rest on."""
        from agents.acquisition.scoring import score_designs

        started = self._clock()
        found = score_designs(question, remembering(self._screen), designs, fidelity)
        return Scores(
            position=question.position,
            decider=self.name,
            decider_version=self.version,
            n_observed=len(question.observations),
            measured_in=found.measured_in,
            is_log_gain=found.is_log_gain,
            candidates=found.candidates,
            elapsed_s=self._clock() - started,
        )


def remembering(screen: Screen) -> Screen:
    """Ask a screen once per design."""
    told: dict[Identity, str | None] = {}

    def remembered(campaign: Campaign, design: Design) -> str | None:
        key = identity(design)
        if key not in told:
            told[key] = screen(campaign, design)
        return told[key]

    return remembered


def _from_sequence(question: Question, screen: Screen, before: list[Candidate]) -> list[Candidate]:
    """Fill a ranking up with designs of the Sobol sequence that were never dispatched."""
    asked = question.model_copy(
        update={
            "left": {
                level: n - sum(c.fidelity == level for c in before)
                for level, n in question.left.items()
            },
            "n_candidates": question.n_candidates - len(before),
        }
    )
    taken = {(identity(c.design), c.fidelity) for c in before}
    designs = feasible_designs(question.campaign, sobol_blocks(question.campaign), screen)
    return [
        candidate
        for candidate in in_fixed_order(asked, designs, "sobol sequence")
        if (identity(candidate.design), candidate.fidelity) not in taken
    ]
