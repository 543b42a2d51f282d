"""What has been dispatched already, so that no job is asked for twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from experiments.design import Design
from experiments.job import Job
from experiments.ranking import Question

Identity = frozenset[tuple[str, float | int | str]]


def identity(design: Design) -> Identity:
    """Return what makes two designs the same; much cheaper than a content hash."""
    return frozenset(design.values.items())


class Dispatched:
    """The jobs of a question, observed, pending and proposed, by design and fidelity."""

    def __init__(self, question: Question) -> None:
        self._designs: set[tuple[Identity, str]] = set()
        self._by_fidelity: Counter[str] = Counter()
        for job in jobs_of(question):
            self.add(job.design, job.fidelity)

    def add(self, design: Design, fidelity: str) -> None:
        """Count one more evaluation of a design at a fidelity."""
        self.mark(design, fidelity)
        self._by_fidelity[fidelity] += 1

    def mark(self, design: Design, fidelity: str) -> None:
        """Remember a design as evaluated without counting it as a search evaluation."""
        self._designs.add((identity(design), fidelity))

    def has(self, design: Design, fidelity: str) -> bool:
        """Say whether the design was evaluated, or is being evaluated, at the fidelity."""
        return (identity(design), fidelity) in self._designs

    def n_at(self, fidelity: str) -> int:
        """Return how many search evaluations were dispatched at the fidelity."""
        return self._by_fidelity[fidelity]


def jobs_of(question: Question) -> Iterator[Job]:
    """Yield the search jobs of a question; baselines are not part of the budget's sequence."""
    for observation in question.observations:
        if observation.job.purpose == "search":
            yield observation.job
    for job in (*question.pending, *question.proposed):
        if job.purpose == "search":
            yield job
