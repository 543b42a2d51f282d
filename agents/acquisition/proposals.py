"""Where to look for the next design: all over the space, and close around what is good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from agents.acquisition.dispatched import Identity, identity
from agents.acquisition.known_constraints import Screen
from agents.surrogates.encoding import Encoding
from experiments.campaign import Campaign
from experiments.design import Design


class Pool:
    """Screened designs with their encoded rows, each design once."""

    def __init__(self, campaign: Campaign, encoding: Encoding, screen: Screen) -> None:
        self._campaign = campaign
        self._encoding = encoding
        self._screen = screen
        self._seen: set[Identity] = set()
        self.designs: list[Design] = []
        self.x = np.empty((0, encoding.n_columns))

    def sibling(self) -> Pool:
        """Return an empty pool with the same space and screen."""
        return Pool(self._campaign, self._encoding, self._screen)

    def best(self, values: np.ndarray, n: int) -> Pool:
        """Return a pool of the ``n`` designs of the highest values."""
        kept = np.argsort(-values, kind="stable")[:n]
        found = self.sibling()
        found.designs = [self.designs[i] for i in kept]
        found.x = self.x[kept]
        return found

    def add(self, designs: Iterable[Design]) -> None:
        """Add the designs that are new and pass the screen."""
        new: list[Design] = []
        for design in designs:
            key = identity(design)
            if key not in self._seen:
                self._seen.add(key)
                if self._screen(self._campaign, design) is None:
                    new.append(design)
        if new:
            self.designs += new
            self.x = np.concatenate([self.x, self._encoding.encode(new)])

    def add_near(
        self, centers: Sequence[Design], n: int, width: float, rng: np.random.Generator
    ) -> None:
        """Add ``n`` perturbations of each center; half of them move one coordinate alone."""
        space = self._campaign.design
        for center in centers:
            unit = np.asarray(space.to_unit(center))
            steps = width * rng.standard_normal((n, len(unit)))
            lone = rng.integers(len(unit), size=n)
            is_lone = rng.random(n) < 0.5
            keep = np.arange(len(unit))[None, :] == lone[:, None]
            steps = np.where(is_lone[:, None] & ~keep, 0.0, steps)
            jump = rng.random((n, len(unit)))
            is_jump = keep & (rng.random(n) < 0.15)[:, None]
            points = np.where(is_jump, jump, np.clip(unit + steps, 0.0, 1.0))
            self.add(space.from_unit(point) for point in points)
