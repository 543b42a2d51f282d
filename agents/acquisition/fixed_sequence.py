"""Rankings that follow a fixed sequence of designs, whatever the timing of the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count, islice

import numpy as np

from agents.acquisition.dispatched import Dispatched, Identity, identity
from agents.acquisition.known_constraints import Screen
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.errors import Invalid
from experiments.frozen import content_hash
from experiments.ranking import Candidate, Question

BLOCK = 64
MOST_DRAWS_IN_VAIN = 16384
"""So many infeasible draws in a row and the space is taken to hold no feasible design."""


def feasible_designs(
    campaign: Campaign, blocks: Iterator[np.ndarray], screen: Screen
) -> Iterator[Design]:
    """Yield the designs of unit-cube blocks (each ``n x n_unit``) that pass the screen, each once.

    The result depends on the arguments only. A finite space ends when nothing new appears. Raises
    ``Invalid`` where 16,384 draws hold no feasible design.
    """
    seen: set[Identity] = set()
    reasons: Counter[str] = Counter()
    n_in_vain = 0
    for block in blocks:
        for point in block:
            n_in_vain += 1
            design = campaign.design.from_unit(point)
            key = identity(design)
            if key in seen:
                continue
            reason = screen(campaign, design)
            if reason is None:
                seen.add(key)
                n_in_vain = 0
                yield design
            elif not seen:
                reasons[reason.split(" is ")[0]] += 1
        if n_in_vain >= MOST_DRAWS_IN_VAIN:
            if seen:
                return
            raise no_feasible_design(n_in_vain, reasons)


class RememberedDesigns:
    """One sequence of designs, each made once: the next question continues where the last ended.

    Screening ten thousand designs anew for every question would take seconds.
    """

    def __init__(self) -> None:
        self._key = ""
        self._made: list[Design] = []
        self._rest: Iterator[Design] = iter(())

    def of(self, campaign: Campaign, make: Callable[[], Iterator[Design]]) -> Iterator[Design]:
        """Yield the campaign's designs, which must depend on nothing that may change on the way."""
        key = content_hash(campaign.model_dump(mode="json", exclude={"budget", "stopping"}))
        if key != self._key:
            self._key, self._made, self._rest = key, [], make()
        made, rest = self._made, self._rest
        for place in count():
            if place == len(made):
                try:
                    made.append(next(rest))
                except StopIteration:
                    return
                except Invalid:
                    self._key = ""
                    raise
            yield made[place]


def no_feasible_design(n_draws: int, reasons: Counter[str]) -> Invalid:
    """Return the error for a space without a feasible design, naming what stood against it."""
    told = "; ".join(f"{n} x {reason}" for reason, n in reasons.most_common(3))
    return Invalid(
        f"design: none of {n_draws} designs keeps the known constraints ({told}); widen the "
        "bounds or relax a constraint",
        n_draws=n_draws,
    )


def in_fixed_order(question: Question, designs: Iterator[Design], reason: str) -> list[Candidate]:
    """Return the next candidates when N evaluations of a level take designs 0…N−1.

    Evaluation ``i`` of a level with ``N`` stands at ``(i + ½)/N``, so that all levels advance
    together; dispatched ones are skipped. With budgets counted in evaluations ``N`` never changes,
    and neither does the final set, whatever the timing.
    """
    done = Dispatched(question)
    levels = [fidelity.name for fidelity in question.campaign.fidelities]
    totals = {level: done.n_at(level) + question.left.get(level, 0) for level in levels}
    first = list(islice(designs, max(totals.values(), default=0)))
    places = sorted(
        ((i + 0.5) / totals[level], k, i)
        for k, level in enumerate(levels)
        for i in range(min(totals[level], len(first)))
    )
    left = dict(question.left)
    found: list[Candidate] = []
    for _, k, i in places:
        level = levels[k]
        if len(found) == question.n_candidates:
            break
        if left.get(level, 0) > 0 and not done.has(first[i], level):
            found.append(Candidate(design=first[i], fidelity=level, reason=reason))
            left[level] -= 1
    return found
