"""An electrode-like problem in microseconds: a choked-thickness cliff, level bias, noise, failures.

Not physics to rely on: it has the shape of the real problem (energy rises with loading until the
electrolyte no longer keeps up), so that deciders can be tried over many seeds.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

from experiments.budget import Budget
from experiments.campaign import Campaign, Constraint, Objective
from experiments.design import Design
from experiments.design_space import Continuous, DesignSpace
from experiments.fidelity import Fidelity
from experiments.job import Job
from experiments.observation import Failure, FailureKind, Metric, Observation, Provenance

ENERGY = "specific_energy_Wh_per_kg"
AREAL = "areal_capacity_mAh_per_cm2"
ACTIVE = "positive.active_wt_pct"
POROSITY = "positive.porosity"
THICKNESS = "positive.thickness_um"
FINE = Fidelity(name="fine", voxels=96, volumes=2, voxel_size_um=0.4, mesh_points=20)
COARSE = Fidelity(name="coarse", voxels=64, volumes=1, voxel_size_um=0.6, mesh_points=10)


def electrode_campaign(seed: int = 0, *, coarse: int = 24, fine: int = 8) -> Campaign:
    """Return the campaign of the quickstart's shape."""
    return Campaign(
        name="stand-in",
        design=DesignSpace(
            parameters=(
                Continuous(name=ACTIVE, low=92, high=97),
                Continuous(name=POROSITY, low=0.20, high=0.45),
                Continuous(name=THICKNESS, low=40, high=120),
            ),
            fixed={"positive.particle_d50_um": 6.0},
        ),
        objectives=(Objective(name="energy", metric=ENERGY, sense="maximize", at_power_W=150),),
        constraints=(Constraint(metric=AREAL, max=6.0),),
        fidelities=(COARSE, FINE),
        target="fine",
        budget=Budget(evaluations={"coarse": coarse, "fine": fine}),
        seed=seed,
    )


def areal_capacity(design: Design) -> float:
    """Return the areal capacity in mAh/cm²."""
    active = float(design.values[ACTIVE]) / 4.95
    rest = (100 - float(design.values[ACTIVE])) / 1.85
    fraction = (1 - float(design.values[POROSITY])) * active / (active + rest)
    return fraction * 4.95 * float(design.values[THICKNESS]) * 1e-4 * 170


def screen(campaign: Campaign, design: Design) -> str | None:
    """Screen by the bounds and the areal capacity."""
    if not campaign.design.contains(design):
        return "outside the design space"
    if (value := areal_capacity(design)) > 6.0:
        return f"{AREAL} {value:.4g} is above 6"
    return None


def energy(design: Design, *, is_fine: bool = True) -> float | None:
    """Return the noise-free specific energy, or None where the pores do not percolate."""
    active_pct = float(design.values[ACTIVE])
    porosity = float(design.values[POROSITY])
    thickness_um = float(design.values[THICKNESS])
    active = active_pct / 4.95
    rest = (100 - active_pct) / 1.85
    macroporosity = porosity - 0.47 / 0.53 * (1 - porosity) * rest / (active + rest)
    if macroporosity < (0.095 if is_fine else 0.08):
        return None
    capacity = areal_capacity(design)
    negative_um = 117 * capacity / 4.9
    area_m2 = 215.6 / (2 * thickness_um + 2 * negative_um + 43)
    current = 150 / 3.7 / area_m2
    limit = 1.15e5 * macroporosity**1.6 * (1.0 if is_fine else 0.88) / (thickness_um + 20)
    utilisation = (1 + (current / limit) ** 6) ** (-1 / 6)
    conductivity = 3.0 / (1 + math.exp((active_pct - 95.6) / 0.35)) + 0.02
    drop_V = current * thickness_um * 1e-6 / conductivity + 0.0016 * current
    energy_Wh = area_m2 * capacity * 10 * utilisation * max(3.75 - drop_V, 0.5)
    solid = (1 - porosity) * 100 / (active + rest) * thickness_um * 1e-3
    electrolyte = 1.2e-3 * (porosity * thickness_um + 0.25 * negative_um + 6)
    mass_kg = 0.08 + area_m2 * (0.057 + 0.028 * capacity + solid + electrolyte)
    shift = 1.0 if is_fine else 0.985 + 0.02 * porosity
    return energy_Wh / mass_kg * shift


def evaluate(job: Job, *, noise: float = 0.006) -> Observation:
    """Return what a job gives; its scatter follows from the job's seed alone."""
    is_fine = job.fidelity == "fine"
    value = energy(job.design, is_fine=is_fine)
    busy_s = 12.0 if is_fine else 3.0
    if value is None:
        failure = Failure(kind=FailureKind.not_percolating, message="the pores do not percolate")
        return Observation(job=job, failure=failure, provenance=Provenance(busy_s=busy_s))
    rng = np.random.default_rng(
        int.from_bytes(hashlib.sha256(f"{job.seed}".encode()).digest()[:8], "big")
    )
    samples = tuple(value * (1 + noise * rng.standard_normal(2 if is_fine else 1)))
    return Observation(
        job=job,
        metrics={
            ENERGY: Metric(value=math.fsum(samples) / len(samples), samples=samples),
            AREAL: Metric(value=areal_capacity(job.design)),
        },
        provenance=Provenance(busy_s=busy_s),
    )
