"""One ranking: designs picked one after another, each accounting for those before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from agents.acquisition.dispatched import Dispatched
from agents.acquisition.explanation import Explainer
from agents.acquisition.gain import Gain
from agents.acquisition.guards import MOST_PROBES, RETEST_EVERY, demoted_levels, n_probes, pairs_of
from agents.acquisition.level_choice import Offer, Phase, Stock, choose
from agents.acquisition.proposals import Pool
from agents.surrogates.belief import Belief
from agents.surrogates.view import View
from experiments.design import Design
from experiments.ranking import Candidate, Question

REFINE: Final = ((64, 0.03), (64, 0.01))


class Search:
    """The designs of a pool, and what was dispatched, for one question."""

    def __init__(self, question: Question, belief: Belief, pool: Pool) -> None:
        self.question = question
        self.pool = pool
        self._belief = belief
        self._view = View(belief, pool.x)
        self._explain = Explainer(question, belief)
        self._done = Dispatched(question)
        self._rng = np.random.default_rng([question.campaign.seed, question.position])
        self._left = dict(question.left)
        self._base: list[Design] = []
        built = question.campaign.build_level
        self._is_built = built is not None and built.name == belief.levels[0]
        pairs = pairs_of(question)
        self._n_pairs, self._n_since = pairs.n, dict(pairs.n_since)
        self._retestable = pairs.at_target
        self.demoted: dict[str, float] = {}
        self._take_in()
        n_wanted = self._n_pairs_wanted(self._stock().n_target_total)
        self.demoted = demoted_levels(belief, pairs, n_wanted=n_wanted)

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

    def score(self, designs: Sequence[Design], fidelity: str) -> tuple[list[Candidate], Phase]:
        """Return designs as candidates, each as if it came next, and what they are scored for."""
        stock = self._stock()
        level = self._belief.levels.index(fidelity)
        base = self._belief.encoding.encode(self._base)
        gain = Gain(self._belief, base, seed=self.question.position)
        view = View(self._belief, self._belief.encoding.encode(designs))
        values = _worth(gain, view, gain.at_target(view), level, stock.phase)
        reason = _reason(stock.phase, level, is_pairing=False)
        offers = [
            Offer(level, design, float(value), self._left.get(fidelity, 0), reason)
            for design, value in zip(designs, values, strict=True)
        ]
        return [self._explain.candidate(self._belief, offer) for offer in offers], stock.phase

    def _take_in(self) -> None:
        """Note what was evaluated at the target, and expect what is pending or proposed."""
        campaign, target = self.question.campaign, self._belief.levels[0]
        for observation in self.question.observations:
            job = observation.job
            if job.fidelity == target and campaign.design.contains(job.design):
                if not observation.is_failed:
                    self._base.append(job.design)
                if job.purpose == "baseline":
                    self._done.mark(job.design, job.fidelity)
        for job in (*self.question.pending, *self.question.proposed):
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

    def _n_pairs_wanted(self, n_target_total: int) -> int:
        """Return how many pairs judge a cheap level; those of builds cost simulations only."""
        return MOST_PROBES if self._is_built else n_probes(n_target_total)

    def _stock(self) -> Stock:
        levels = self._belief.levels
        left = tuple(0 if name in self.demoted else self._left.get(name, 0) for name in levels)
        done = tuple(self._done.n_at(name) for name in levels)
        wanted = self._n_pairs_wanted(done[0] + left[0])
        missing = [wanted - n for name, n in self._n_pairs.items() if name not in self.demoted]
        return Stock(
            done=done,
            left=left,
            is_shared=self.question.campaign.budget.fine_equivalents is not None,
            n_pairs_wanted=max(0, *missing) if missing else 0,
            is_built=self._is_built,
        )

    def _next(self) -> Offer | None:
        stock = self._stock()
        paired = self._retest(stock) or self._pair_of_build(stock)
        if paired is not None:
            return paired
        gain = Gain(
            self._belief, self._belief.encoding.encode(self._base), seed=self.question.position
        )
        self._view = self._view.under(self._belief)
        open_levels = [k for k, n in enumerate(stock.left) if n > 0]
        wanted = open_levels if stock.phase is Phase.explore else [k for k in open_levels if k == 0]
        at_target = gain.at_target(self._view)
        for levels in (wanted, open_levels):
            offers = [self._offer(gain, at_target, stock, level) for level in levels]
            found = [offer for offer in offers if offer is not None]
            if found:
                return self._refined(choose(found, stock), gain, stock)
        return None

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

    def _pair_of_build(self, stock: Stock) -> Offer | None:
        """Return a cheap evaluation of the newest design that is built or asked to be."""
        if not self._is_built:
            return None
        for level in range(1, len(stock.left)):
            name = self._belief.levels[level]
            n_pairs = self._n_pairs.get(name, 0)
            if stock.left[level] < 1 or n_pairs >= MOST_PROBES:
                continue
            for design in reversed(self._base):
                if not self._done.has(design, name):
                    self._n_pairs[name] = n_pairs + 1
                    reason = f"shows how {name} agrees with a build"
                    return Offer(level, design, 0.0, self._left[name], reason)
        return None

    def _offer(self, gain: Gain, at_target: np.ndarray, stock: Stock, level: int) -> Offer | None:
        """Return the best new design of the pool at a level."""
        name = self._belief.levels[level]
        values = _worth(gain, self._view, at_target, level, stock.phase)
        is_pairing = level == 0 and stock.is_pairing
        best = self._first_new(values, name, is_pairing=is_pairing)
        if best is None and is_pairing:
            is_pairing = False
            best = self._first_new(values, name, is_pairing=False)
        if best is None:
            return None
        reason = _reason(stock.phase, level, is_pairing=is_pairing)
        return Offer(
            level,
            self.pool.designs[best],
            float(values[best]),
            self._left[name],
            reason,
            is_pairing,
        )

    def _refined(self, offer: Offer, gain: Gain, stock: Stock) -> Offer:
        """Return an offer moved to the best design close around its own; pairs stay pairs."""
        name = self._belief.levels[offer.level]
        for n, width in () if offer.is_pairing else REFINE:
            near = self.pool.sibling()
            near.add_near([offer.design], n, width, self._rng)
            if not near.designs:
                continue
            view = View(self._belief, near.x)
            values = _worth(gain, view, gain.at_target(view), offer.level, stock.phase)
            k = int(values.argmax())
            if values[k] > offer.log_gain and not self._done.has(near.designs[k], name):
                offer = replace(offer, design=near.designs[k], log_gain=float(values[k]))
        return offer

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


def _worth(gain: Gain, view: View, at_target: np.ndarray, level: int, phase: Phase) -> np.ndarray:
    """Return what designs are compared by at a level, given their log gain at the target."""
    if level == 0 and phase is Phase.exploit:
        return gain.exploiting(view)
    return np.asarray(at_target + np.log(gain.share_revealed(view, level) + 1e-300))


def _reason(phase: Phase, level: int, *, is_pairing: bool) -> str:
    if level > 0:
        return "tells most about the target"
    if is_pairing:
        return "shows how the levels agree"
    return "best expected" if phase is Phase.exploit else "likeliest to improve"
