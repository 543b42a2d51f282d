"""The design to recommend: the best posterior mean at the target that keeps the constraints."""

from __future__ import annotations

import numpy as np

from agents.acquisition.proposals import Pool
from agents.surrogates.belief import Belief, merit
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
    row = pool.x[best : best + 1]
    return Recommendation(
        design=pool.designs[best],
        predicted=belief.predict(row)[0],
        success_probability=float(belief.success.probability(row, 0)[0]),
    )


def _best(belief: Belief, pool: Pool) -> int:
    keeps = belief.success.probability(pool.x, 0) >= LIKELY_SUCCESS
    keeps &= belief.keeps_constraints(pool.x)
    if not keeps.any():
        odds = belief.success.probability(pool.x, 0) * belief.constraint_probability(pool.x)
        return int(odds.argmax())
    return int(np.where(keeps, merit(belief, pool.x), -np.inf).argmax())
