"""How a campaign starts: a Sobol design at the cheapest level, before any model is asked."""

from __future__ import annotations

from collections.abc import Iterator

from agents.acquisition.dispatched import Dispatched
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.ranking import Candidate, Question


def cheapest_level(campaign: Campaign) -> str:
    """Return the level with the lowest stated cost, else with the fewest voxels in all."""
    return min(campaign.simulated, key=lambda f: (f.cost or 0.0, f.volumes * f.voxels**3)).name


def n_start(question: Question) -> int:
    """Return how many Sobol designs open a campaign.

    Two per unit-cube dimension and two more, at most a third of what the cheapest level may spend,
    at least one.
    """
    level = cheapest_level(question.campaign)
    total = Dispatched(question).n_at(level) + question.left.get(level, 0)
    return max(1, min(2 * question.campaign.design.n_unit + 2, total // 3))


def start_candidates(question: Question, designs: Iterator[Design]) -> list[Candidate]:
    """Return what is left of the start, in the sequence's order."""
    level = cheapest_level(question.campaign)
    done = Dispatched(question)
    room = min(
        question.left.get(level, 0), question.n_candidates, n_start(question) - done.n_at(level)
    )
    found: list[Candidate] = []
    while len(found) < room and (design := next(designs, None)) is not None:
        if not done.has(design, level):
            found.append(Candidate(design=design, fidelity=level, reason="sobol start"))
    return found
