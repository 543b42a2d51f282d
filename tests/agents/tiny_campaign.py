"""A campaign whose evaluations take a fraction of a second, with real physics."""

from __future__ import annotations

from typing import Any

from experiments.baseline import RecipeBaseline
from experiments.budget import Budget
from experiments.campaign import Campaign, Objective, PartChoice
from experiments.design import Design
from experiments.design_space import Continuous, DesignSpace
from experiments.fidelity import Fidelity
from experiments.job import Job, new_job

TODAY = {"positive.porosity": 0.35, "positive.thickness_um": 75.0}


def tiny_campaign(**changes: Any) -> Campaign:
    """Return the campaign; keywords replace its fields."""
    fields: dict[str, Any] = {
        "name": "tiny",
        "design": DesignSpace(
            parameters=(
                Continuous(name="positive.porosity", low=0.3, high=0.5),
                Continuous(name="positive.thickness_um", low=40, high=100),
            ),
            fixed={"positive.active_wt_pct": 94.0, "positive.particle_d50_um": 6.0},
        ),
        "baseline": RecipeBaseline(design=Design(values=TODAY)),
        "objectives": (
            Objective(
                name="energy",
                metric="specific_energy_Wh_per_kg",
                sense="maximize",
                at_power_W=100.0,
            ),
        ),
        "fidelities": (
            Fidelity(name="coarse", voxels=24, voxel_size_um=1.5, mesh_points=8),
            Fidelity(name="fine", voxels=24, volumes=2, voxel_size_um=1.5, mesh_points=8),
        ),
        "target": "fine",
        "budget": Budget(evaluations={"coarse": 4, "fine": 2}),
        "decider": PartChoice(name="sobol"),
        "seed": 3,
    }
    return Campaign(**{**fields, **changes})


def job(campaign: Campaign, fidelity: str = "coarse", **values: float) -> Job:
    """Return a job at today's design with changes, e.g. ``porosity=0.4``."""
    changed = {f"positive.{name}": value for name, value in values.items()}
    return new_job(
        campaign.name,
        Design(values={**TODAY, **changed}),
        fidelity,
        campaign_seed=campaign.seed,
    )
