"""What the model makes of a question: what follows the start, a recommendation, a diagnosis.

Apart from the decider, so that a campaign's first ranking, which asks no model, loads no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
import torch

from agents.acquisition.fixed_sequence import feasible_designs
from agents.acquisition.known_constraints import Screen
from agents.acquisition.proposals import Pool
from agents.acquisition.prospect import prospect
from agents.acquisition.recommendation import recommend
from agents.acquisition.search import Search
from agents.acquisition.sobol import sobol_blocks
from agents.surrogates.belief import Belief, form_belief, merit
from agents.surrogates.diagnosis import diagnose
from experiments.design import Design
from experiments.ranking import Candidate, Diagnosis, Prospect, Question, Recommendation

N_GLOBAL: Final = 512
N_CENTERS: Final = 4
N_NEAR: Final = 32
MOST_OBSERVED: Final = 512
WIDTHS: Final = (0.15, 0.05)


@dataclass(frozen=True)
class Modelled:
    """A ranking's part that rests on the model."""

    candidates: tuple[Candidate, ...]
    recommended: Recommendation
    prospect: Prospect | None
    diagnosis: Diagnosis
    demoted: dict[str, float]
    fallbacks: tuple[str, ...]


def ask_model(question: Question, screen: Screen, before: list[Candidate]) -> Modelled | None:
    """Return what the model says beyond the candidates ``before``; None where nothing is learned.

    Raises ``ArithmeticError``, ``ValueError`` or ``RuntimeError`` where the model fails.
    """
    torch.set_num_threads(1)
    belief = form_belief(question)
    if belief is None:
        return None
    pool = _pool(question, belief, screen)
    search = Search(question, belief, pool)
    candidates = search.pick(question.n_candidates - len(before), before)
    rng = np.random.default_rng([question.campaign.seed, question.position, 1])
    recommended = recommend(belief, pool, rng)
    picked = [candidate.design for candidate in candidates]
    contenders = [recommended.design, *picked, *pool.designs]
    return Modelled(
        candidates=tuple(candidates),
        recommended=recommended,
        prospect=prospect(question, belief, contenders, screen),
        diagnosis=diagnose(belief, recommended.design),
        demoted=search.demoted,
        fallbacks=belief.fallbacks,
    )


def _pool(question: Question, belief: Belief, screen: Screen) -> Pool:
    """Return designs all over the space, those dispatched, and those close around the best."""
    rng = np.random.default_rng([question.campaign.seed, question.position, 0])
    pool = Pool(question.campaign, belief.encoding, screen)
    fresh = question.campaign.model_copy(update={"seed": int(rng.integers(2**48))})
    pool.add(islice(feasible_designs(fresh, sobol_blocks(fresh), screen), N_GLOBAL))
    inside = question.campaign.design.contains
    pool.add(_best_observed(question, belief))
    pool.add(job.design for job in question.pending if inside(job.design))
    for width in WIDTHS:
        order = np.argsort(-merit(belief, pool.x), kind="stable")[:N_CENTERS]
        pool.add_near([pool.designs[i] for i in order], N_NEAR, width, rng)
    return pool


def _best_observed(question: Question, belief: Belief) -> list[Design]:
    """Return the observed designs of the space, of many those with the best posterior mean."""
    inside = question.campaign.design.contains
    found = [o.job.design for o in question.observations if inside(o.job.design)]
    if len(found) <= MOST_OBSERVED:
        return found
    order = np.argsort(-merit(belief, belief.encoding.encode(found)), kind="stable")
    return [found[i] for i in order[:MOST_OBSERVED]]
