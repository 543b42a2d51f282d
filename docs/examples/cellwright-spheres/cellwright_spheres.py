"""Two parts of a laboratory, added from outside: a generator and a decider.

Install this package beside Cellwright and name the parts in a campaign file:

    generator: equal-spheres
    decider: latin-hypercube
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.stats import qmc

from agents.acquisition.fixed_sequence import feasible_designs, in_fixed_order
from agents.acquisition.known_constraints import Screen, violation
from experiments.campaign import Campaign
from experiments.generation import VolumeRequest
from experiments.ranking import Question, Ranking
from simulators.microstructure.composition import compose
from simulators.microstructure.voxels import Voxels


class EqualSpheres:
    """Spheres of one size at random places, overlapping; binder in the pores nearest to them."""

    name = "equal-spheres"
    version = "1"

    def generate(self, request: VolumeRequest) -> Voxels:
        """Return labels whose phase counts are the recipe's to the voxel."""
        asked = compose(request.recipe).phase_fraction
        random = np.random.default_rng(request.seed)
        n_voxels = int(np.prod(request.shape))
        n_active = round(asked["active"] * n_voxels)
        n_binder = round(asked["binder"] * n_voxels)
        # Distance to the nearest of many centres: its lowest values are the spheres.
        radius = request.recipe.particle_d50_m / 2 / request.voxel_size_m
        # Spheres at random places cover 1 - exp(-n v / V) of the volume.
        sphere = 4 / 3 * np.pi * radius**3
        n_centres = max(1, round(-np.log(1 - asked["active"]) * n_voxels / sphere))
        empty = np.ones(request.shape, dtype=bool)
        empty[tuple(random.integers(0, size, n_centres) for size in request.shape)] = False
        distance = distance_transform_edt(empty)
        order = np.argsort(distance + 1e-6 * random.random(request.shape), axis=None)
        labels = np.zeros(n_voxels, dtype=np.uint8)
        labels[order[:n_active]] = 1
        labels[order[n_active : n_active + n_binder]] = 2
        return Voxels(
            labels=labels.reshape(request.shape),
            voxel_size_m=(request.voxel_size_m,) * 3,
            statistics={
                "n_particles": float(n_centres),
                "equivalent_radius_m": request.recipe.particle_d50_m / 2,
            },
        )


class LatinHypercube:
    """Latin hypercubes of 64 points, one after another; results are never looked at."""

    name = "latin-hypercube"
    version = "1"

    def __init__(self, *, screen: Screen = violation) -> None:
        self._screen = screen

    def rank(self, question: Question) -> Ranking:
        """Return the next feasible designs that are neither observed nor pending."""
        campaign = question.campaign
        designs = feasible_designs(campaign, _hypercubes(campaign), self._screen)
        return Ranking(
            position=question.position,
            decider=self.name,
            decider_version=self.version,
            candidates=tuple(in_fixed_order(question, designs, "latin hypercube")),
        )


def _hypercubes(campaign: Campaign) -> Iterator[np.ndarray]:
    """Yield blocks of unit-cube points that depend on the campaign's seed alone."""
    random = np.random.default_rng(campaign.seed)
    while True:
        yield qmc.LatinHypercube(campaign.design.n_unit, rng=random).random(64)
