"""One ranking: designs picked one after another, each accounting for those before it."""

from __future__ import annotations

import numpy as np

from agents.acquisition.dispatched import Dispatched, jobs_of
from agents.acquisition.gain import Gain
from agents.acquisition.level_choice import Offer, Phase, Stock, choose, is_shared
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
        stock = self._stock()
        gain = Gain(belief, belief.encoding.encode(self._base), seed=self.question.position)
        offers: list[Offer] = []
        if stock.phase is Phase.probe:
            offers = self._offers(gain, Phase.probe, [0])
        elif stock.phase is Phase.exploit:
            offers = self._offers(gain, Phase.exploit, [0])
        if not offers:
            offers = self._offers(gain, Phase.explore, list(range(len(belief.levels))))
        if not offers:
            return None
        offer = choose(offers, stock)
        row = belief.encoding.encode([offer.design])
        return Candidate(
            design=offer.design,
            fidelity=belief.levels[offer.level],
            score=offer.log_gain,
            predicted=belief.predict(row)[0],
            success_probability=float(belief.success.probability(row, offer.level)[0]),
            reason=_reason(stock.phase, offer.level),
        )

    def _stock(self) -> Stock:
        target, *cheap = self._belief.levels
        return Stock(
            n_target_done=self._done.n_at(target),
            n_target_left=self._left.get(target, 0),
            n_cheap_done=sum(self._done.n_at(level) for level in cheap),
            n_cheap_left=sum(self._left.get(level, 0) for level in cheap),
            is_shared=is_shared(self.question),
        )

    def _offers(self, gain: Gain, phase: Phase, levels: list[int]) -> list[Offer]:
        at_target = gain.exploiting(self.pool.x) if phase is Phase.exploit else None
        if at_target is None:
            at_target = gain.at_target(self.pool.x)
        found = [
            self._offer(gain, phase, at_target, level)
            for level in levels
            if self._left.get(self._belief.levels[level], 0) > 0
        ]
        return [offer for offer in found if offer is not None]

    def _offer(self, gain: Gain, phase: Phase, at_target: np.ndarray, level: int) -> Offer | None:
        """Return the best new design at a level, refined around the best of the pool."""
        name = self._belief.levels[level]
        values = at_target
        if phase is not Phase.exploit:
            values = at_target + np.log(gain.share_revealed(self.pool.x, level) + 1e-300)
        order = np.argsort(-values, kind="stable")
        is_new = (i for i in order if self._may_take(self.pool.designs[i], level, phase))
        best = next(is_new, None)
        if best is None:
            return None
        design, value = self.pool.designs[best], float(values[best])
        for n, width in REFINE if phase is not Phase.probe else ():
            near = self.pool.sibling()
            near.add_near([design], n, width, self._rng)
            if not near.designs:
                continue
            if phase is Phase.exploit:
                values = gain.exploiting(near.x)
            else:
                values = gain.at_target(near.x)
                values = values + np.log(gain.share_revealed(near.x, level) + 1e-300)
            k = int(values.argmax())
            if values[k] > value and not self._done.has(near.designs[k], name):
                design, value = near.designs[k], float(values[k])
        return Offer(level=level, design=design, log_gain=value, n_left=self._left[name])

    def _may_take(self, design: Design, level: int, phase: Phase) -> bool:
        cheap = self._belief.levels[1:]
        if self._done.has(design, self._belief.levels[level]):
            return False
        return phase is not Phase.probe or any(self._done.has(design, name) for name in cheap)


def _reason(phase: Phase, level: int) -> str:
    if phase is Phase.probe and level == 0:
        return "shows how the levels agree"
    if phase is Phase.exploit and level == 0:
        return "best expected"
    return "likeliest to improve" if level == 0 else "tells most about the target"
