"""One ranking: designs picked one after another, each accounting for those before it."""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.acquisition.dispatched import Dispatched
from agents.acquisition.explanation import Explainer
from agents.acquisition.gain import Gain
from agents.acquisition.guards import RETEST_EVERY, demoted_levels, n_probes, pairs_of
from agents.acquisition.level_choice import Offer, Phase, Stock, choose
from agents.acquisition.proposals import Pool
from agents.surrogates.belief import Belief
from experiments.design import Design
from experiments.ranking import Candidate, Question

N_SHORTLIST: Final = 256
"""So many designs of the pool are looked at with all hyperparameter draws."""
REFINE: Final = ((64, 0.03), (64, 0.01))


class Search:
    """The designs of a pool, and what was dispatched, for one question."""

    def __init__(self, question: Question, belief: Belief, pool: Pool) -> None:
        self.question = question
        self.pool = pool
        self._belief = belief
        self._explain = Explainer(question, belief)
        self._done = Dispatched(question)
        self._rng = np.random.default_rng([question.campaign.seed, question.position])
        self._left = dict(question.left)
        self._base: list[Design] = []
        pairs = pairs_of(question)
        self._n_pairs, self._n_since = pairs.n, dict(pairs.n_since)
        self._retestable = pairs.at_target
        self.demoted: dict[str, float] = {}
        self._take_in()
        self.demoted = demoted_levels(belief, pairs, n_target_total=self._stock().n_target_total)

    def pick(self, n: int, before: list[Candidate]) -> list[Candidate]:
        """Return up to ``n`` candidates to follow ``before``."""
        for candidate in before:
            self._take(candidate.design, candidate.fidelity)
        found: list[Candidate] = []
        while len(found) < n and (offer := self._next()) is not None:
            name = self._belief.levels[offer.level]
            found.append(self._explain.candidate(self._belief, offer))
            self._take(offer.design, name)
        return found

    def _take_in(self) -> None:
        """Note what was evaluated at the target, and expect what is pending."""
        campaign, target = self.question.campaign, self._belief.levels[0]
        for observation in self.question.observations:
            job = observation.job
            if job.fidelity == target and campaign.design.contains(job.design):
                if not observation.is_failed:
                    self._base.append(job.design)
                if job.purpose == "baseline":
                    self._done.mark(job.design, job.fidelity)
        for job in self.question.pending:
            if job.fidelity in self._belief.levels and campaign.design.contains(job.design):
                self._expect(job.design, job.fidelity)

    def _take(self, design: Design, fidelity: str) -> None:
        self._left[fidelity] = self._left.get(fidelity, 0) - 1
        self._done.add(design, fidelity)
        self._expect(design, fidelity)

    def _expect(self, design: Design, fidelity: str) -> None:
        """Account for an evaluation that has no result yet."""
        if fidelity == self._belief.levels[0]:
            self._base.append(design)
        row = self._belief.encoding.encode([design])
        self._belief = self._belief.believing(row, self._belief.levels.index(fidelity))

    def _stock(self) -> Stock:
        levels = self._belief.levels
        left = tuple(0 if name in self.demoted else self._left.get(name, 0) for name in levels)
        done = tuple(self._done.n_at(name) for name in levels)
        wanted = n_probes(done[0] + left[0])
        missing = [wanted - n for name, n in self._n_pairs.items() if name not in self.demoted]
        return Stock(
            done=done,
            left=left,
            is_shared=self.question.campaign.budget.fine_equivalents is not None,
            n_pairs_wanted=max(0, *missing) if missing else 0,
        )

    def _next(self) -> Offer | None:
        stock = self._stock()
        retest = self._retest(stock)
        if retest is not None:
            return retest
        if not stock.is_pairing:
            self._shortlist()
        gain = Gain(
            self._belief, self._belief.encoding.encode(self._base), seed=self.question.position
        )
        pool_gain = gain.at_target(self.pool.x)
        if stock.phase is Phase.explore:
            levels = [k for k, n in enumerate(stock.left) if n > 0]
        else:
            levels = [0] if stock.left[0] > 0 else []
        offers = [self._offer(gain, pool_gain, stock, level) for level in levels]
        found = [offer for offer in offers if offer is not None]
        if not found and stock.phase is not Phase.explore:
            offers = [
                self._offer(gain, pool_gain, stock, k) for k, n in enumerate(stock.left) if n > 0
            ]
            found = [offer for offer in offers if offer is not None]
        return choose(found, stock) if found else None

    def _retest(self, stock: Stock) -> Offer | None:
        """Return a paired evaluation of a demoted level that is due for one."""
        for level in range(1, len(stock.left)):
            name = self._belief.levels[level]
            is_due = name in self.demoted and self._n_since[name] >= RETEST_EVERY
            if not is_due or self._left.get(name, 0) < 1:
                continue
            for design in self._retestable:
                if not self._done.has(design, name):
                    self._n_since[name] = 0
                    reason = f"tests whether {name} still misleads"
                    return Offer(level, design, 0.0, self._left[name], reason)
        return None

    def _shortlist(self) -> None:
        """Keep of a large pool what the likeliest hyperparameters promise most of."""
        if len(self.pool.designs) > N_SHORTLIST:
            base = self._belief.encoding.encode(self._base)
            quick = Gain(self._belief.likeliest(), base, seed=self.question.position)
            self.pool = self.pool.best(quick.at_target(self.pool.x), N_SHORTLIST)

    def _offer(self, gain: Gain, pool_gain: np.ndarray, stock: Stock, level: int) -> Offer | None:
        """Return the best new design at a level, refined around the best of the pool."""
        name = self._belief.levels[level]
        is_pairing = level == 0 and stock.is_pairing
        exploits = level == 0 and stock.phase is Phase.exploit
        values = _worth(gain, self.pool.x, level, exploits=exploits, at_target=pool_gain)
        best = self._first_new(values, name, is_pairing=is_pairing)
        if best is None and is_pairing:
            is_pairing = False
            best = self._first_new(values, name, is_pairing=False)
        if best is None:
            return None
        design, value = self.pool.designs[best], float(values[best])
        for n, width in () if is_pairing else REFINE:
            near = self.pool.sibling()
            near.add_near([design], n, width, self._rng)
            if near.designs:
                values = _worth(gain, near.x, level, exploits=exploits)
                k = int(values.argmax())
                if values[k] > value and not self._done.has(near.designs[k], name):
                    design, value = near.designs[k], float(values[k])
        reason = _reason(stock.phase, level, is_pairing=is_pairing)
        return Offer(level, design, value, self._left[name], reason)

    def _first_new(self, values: np.ndarray, name: str, *, is_pairing: bool) -> int | None:
        """Return the index of the highest value among designs that may still be evaluated."""
        cheap = self._belief.levels[1:]
        for i in np.argsort(-values, kind="stable"):
            design = self.pool.designs[i]
            if self._done.has(design, name):
                continue
            if not is_pairing or any(self._done.has(design, other) for other in cheap):
                return int(i)
        return None


def _worth(
    gain: Gain, x: np.ndarray, level: int, *, exploits: bool, at_target: np.ndarray | None = None
) -> np.ndarray:
    """Return what rows are compared by; their log gain at the target may be known already."""
    if exploits:
        return gain.exploiting(x)
    if at_target is None:
        at_target = gain.at_target(x)
    return np.asarray(at_target + np.log(gain.share_revealed(x, level) + 1e-300))


def _reason(phase: Phase, level: int, *, is_pairing: bool) -> str:
    if level > 0:
        return "tells most about the target"
    if is_pairing:
        return "shows how the levels agree"
    return "best expected" if phase is Phase.exploit else "likeliest to improve"
