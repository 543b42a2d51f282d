"""The design to recommend: the best posterior mean at the target that keeps the constraints."""

from __future__ import annotations

import numpy as np

from agents.acquisition.proposals import Pool
from agents.surrogates.belief import Belief, merit
from agents.surrogates.view import View
from experiments.ranking import Recommendation

LIKELY_SUCCESS = 0.5


def recommend(belief: Belief, pool: Pool, rng: np.random.Generator) -> Recommendation:
    """Return the recommendation among a pool and close around its best.

    Constraints are kept each with its own confidence; where no design does so, the design likeliest
    to keep them. With several objectives: the largest sum of objectives scaled by their spread.
    """
    best = _best(belief, pool)
    for n, width in ((64, 0.03), (64, 0.01)):
        near = pool.sibling()
        near.add([pool.designs[best]])
        near.add_near([pool.designs[best]], n, width, rng)
        pool, best = near, _best(belief, near)
    view = View(belief, pool.x[best : best + 1])
    return Recommendation(
        design=pool.designs[best],
        predicted=view.predict()[0],
        success_probability=float(view.success_probability()[0]),
    )


def _best(belief: Belief, pool: Pool) -> int:
    view = View(belief, pool.x)
    keeps = (view.success_probability() >= LIKELY_SUCCESS) & view.keeps_constraints()
    if not keeps.any():
        return int((view.success_probability() * view.constraint_probability()).argmax())
    return int(np.where(keeps, merit(belief, pool.x), -np.inf).argmax())
