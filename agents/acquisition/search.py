"""One ranking: designs picked one after another, each accounting for those before it."""

from __future__ import annotations

import numpy as np

from agents.acquisition.dispatched import Dispatched, jobs_of
from agents.acquisition.gain import Gain
from agents.acquisition.level_choice import Offer, choose
from agents.acquisition.proposals import Pool
from agents.surrogates.belief import Belief
from experiments.design import Design
from experiments.ranking import Candidate, Question

N_NEAR = 32
WIDTHS = (0.15, 0.05)
REFINE = ((64, 0.03), (64, 0.01))


class Search:
    """The designs of a pool, and what was dispatched, for one question."""

    def __init__(self, question: Question, belief: Belief, pool: Pool) -> None:
        self.question = question
        self.pool = pool
        self._belief = belief
        self._done = Dispatched(question)
        self._rng = np.random.default_rng([question.campaign.seed, question.position])
        self._left = dict(question.left)
        self._base: list[Design] = []
        levels = belief.levels
        for job in jobs_of(question):
            if job.fidelity == levels[0] and question.campaign.design.contains(job.design):
                self._base.append(job.design)
        for job in question.pending:
            if job.fidelity in levels and question.campaign.design.contains(job.design):
                row = belief.encoding.encode([job.design])
                self._belief = self._belief.believing(row, levels.index(job.fidelity))

    def pick(self, n: int, before: list[Candidate]) -> list[Candidate]:
        """Return up to ``n`` candidates to follow ``before``."""
        for candidate in before:
            self._take(candidate.design, candidate.fidelity)
        found: list[Candidate] = []
        while len(found) < n and (following := self._next()) is not None:
            self._take(following.design, following.fidelity)
            found.append(following)
        return found

    def _take(self, design: Design, fidelity: str) -> None:
        self._left[fidelity] = self._left.get(fidelity, 0) - 1
        self._done.add(design, fidelity)
        if fidelity == self._belief.levels[0]:
            self._base.append(design)
        row = self._belief.encoding.encode([design])
        self._belief = self._belief.believing(row, self._belief.levels.index(fidelity))

    def _next(self) -> Candidate | None:
        belief = self._belief
        gain = Gain(belief, belief.encoding.encode(self._base), seed=self.question.position)
        at_target = gain.at_target(self.pool.x)
        offers = [
            offer
            for level, name in enumerate(belief.levels)
            if self._left.get(name, 0) > 0
            and (offer := self._offer(gain, at_target, level)) is not None
        ]
        if not offers:
            return None
        offer = choose(offers)
        row = belief.encoding.encode([offer.design])
        return Candidate(
            design=offer.design,
            fidelity=belief.levels[offer.level],
            score=offer.log_gain,
            predicted=self._belief.predict(row)[0],
            success_probability=float(belief.success.probability(row, offer.level)[0]),
            reason=offer.reason,
        )

    def _offer(self, gain: Gain, at_target: np.ndarray, level: int) -> Offer | None:
        """Return the best new design at a level, refined around the best of the pool."""
        name = self._belief.levels[level]
        values = at_target + np.log(gain.share_revealed(self.pool.x, level) + 1e-300)
        order = np.argsort(-values, kind="stable")
        best = next((i for i in order if not self._done.has(self.pool.designs[i], name)), None)
        if best is None:
            return None
        design, value = self.pool.designs[best], float(values[best])
        for n, width in REFINE:
            near = self.pool.sibling()
            near.add_near([design], n, width, self._rng)
            if not near.designs:
                continue
            values = gain.at_target(near.x) + np.log(gain.share_revealed(near.x, level) + 1e-300)
            k = int(values.argmax())
            if values[k] > value and not self._done.has(near.designs[k], name):
                design, value = near.designs[k], float(values[k])
        return Offer(
            level=level,
            design=design,
            log_gain=value,
            n_left=self._left[name],
            reason="likeliest to improve" if level == 0 else "tells most about the target",
        )
