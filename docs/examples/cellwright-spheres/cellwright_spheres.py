"""Two parts of a laboratory, added from outside: a generator and a decider.

Install this package beside Cellwright and name the parts in a campaign file:

    generator: equal-spheres
    decider: latin-hypercube
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.stats import qmc

from experiments.generation import VolumeRequest
from experiments.ranking import Candidate, Question, Ranking
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
    """The points of one Latin hypercube, in order, at whatever fidelity is left."""

    name = "latin-hypercube"
    version = "1"

    def rank(self, question: Question) -> Ranking:
        """Return the designs that are neither observed nor pending yet."""
        campaign = question.campaign
        n_points = max(question.campaign.budget.evaluations.values(), default=32)
        points = qmc.LatinHypercube(campaign.design.n_unit, rng=campaign.seed).random(n_points)
        designs = [campaign.design.from_unit(list(point)) for point in points]
        jobs = [*(seen.job for seen in question.observations), *question.pending]
        taken = {(job.design.key, job.fidelity) for job in jobs}
        left = dict(question.left)
        candidates = []
        for design in designs:
            for fidelity in campaign.fidelities:
                if left.get(fidelity.name, 0) and (design.key, fidelity.name) not in taken:
                    left[fidelity.name] -= 1
                    candidates.append(
                        Candidate(design=design, fidelity=fidelity.name, reason="latin hypercube")
                    )
        return Ranking(
            position=question.position,
            decider=self.name,
            decider_version=self.version,
            candidates=tuple(candidates[: question.n_candidates]),
        )
