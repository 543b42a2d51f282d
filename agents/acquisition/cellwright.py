"""Our decider: multi-fidelity, cost-aware, with pending jobs, failures and constraints in mind."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice

import numpy as np
import torch

from agents.acquisition.dispatched import Identity, identity
from agents.acquisition.fixed_sequence import feasible_designs, in_fixed_order
from agents.acquisition.known_constraints import Screen, violation
from agents.acquisition.measured_best import measured_best
from agents.acquisition.proposals import Pool
from agents.acquisition.recommendation import recommend
from agents.acquisition.search import N_NEAR, WIDTHS, Search
from agents.acquisition.sobol import sobol_blocks
from agents.acquisition.start import start_candidates
from agents.surrogates.belief import Belief, form_belief, merit
from agents.surrogates.diagnosis import diagnose
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.ranking import Candidate, Diagnosis, Question, Ranking

N_GLOBAL = 512
N_CENTERS = 4


class CellwrightDecider:
    """Sobol start, then the highest gain per price under one process over all levels."""

    name = "cellwright"
    version = "1"

    def __init__(
        self, *, screen: Screen = violation, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._screen = screen
        self._clock = clock

    def rank(self, question: Question) -> Ranking:
        """Return candidates by gain per price; on any failure of the model, the Sobol sequence."""
        started = self._clock()
        torch.set_num_threads(1)
        screen = remembering(self._screen)
        designs = feasible_designs(question.campaign, sobol_blocks(question.campaign), screen)
        candidates = start_candidates(question, designs)
        recommended = measured_best(question)
        diagnosis: Diagnosis | None = None
        fallbacks: tuple[str, ...] = ()
        try:
            belief = form_belief(question)
            if belief is not None:
                fallbacks = belief.fallbacks
                pool = _pool(question, belief, screen)
                search = Search(question, belief, pool)
                candidates += search.pick(question.n_candidates - len(candidates), candidates)
                rng = np.random.default_rng([question.campaign.seed, question.position, 1])
                recommended = recommend(belief, pool, rng)
                diagnosis = diagnose(belief, recommended.design)
        except (ArithmeticError, ValueError, RuntimeError) as error:
            fallbacks += (f"sobol sequence, because the model failed: {error}",)
        if len(candidates) < question.n_candidates:
            candidates += _from_sequence(question, screen, candidates)
        return Ranking(
            position=question.position,
            decider=self.name,
            decider_version=self.version,
            candidates=tuple(candidates),
            recommended=recommended,
            diagnosis=diagnosis,
            fallbacks=fallbacks,
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


def _pool(question: Question, belief: Belief, screen: Screen) -> Pool:
    """Return designs all over the space, those dispatched, and those close around the best."""
    rng = np.random.default_rng([question.campaign.seed, question.position, 0])
    pool = Pool(question.campaign, belief.encoding, screen)
    fresh = question.campaign.model_copy(update={"seed": int(rng.integers(2**48))})
    pool.add(islice(feasible_designs(fresh, sobol_blocks(fresh), screen), N_GLOBAL))
    inside = question.campaign.design.contains
    pool.add(o.job.design for o in question.observations if inside(o.job.design))
    pool.add(job.design for job in question.pending if inside(job.design))
    for width in WIDTHS:
        order = np.argsort(-merit(belief, pool.x), kind="stable")[:N_CENTERS]
        pool.add_near([pool.designs[i] for i in order], N_NEAR, width, rng)
    return pool


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
