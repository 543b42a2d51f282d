"""Real observations of the quickstart's chain, for surrogates to learn from and be judged on.

``electrode_observations.csv`` holds what 11 campaigns on ``experiments/campaigns/quickstart.yaml``
saw: six with our decider (seeds 1 to 5 and 7; 24 coarse and 8 fine each) and five of 8 fine Sobol
designs each (seeds 1 to 5). Every row is one whole evaluation: microstructure, transport, P2D,
4680. Made by ``cellwright run`` and ``cellwright export``.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import numpy as np

from agents.surrogates.encoding import encoding_of
from agents.surrogates.level_data import LevelData, level_data
from experiments.job import new_job
from experiments.observation import Metric, Observation
from tests.agents.acquisition.stand_in import (
    ACTIVE,
    ENERGY,
    POROSITY,
    THICKNESS,
    electrode_campaign,
)

TABLE: Final = Path(__file__).with_name("electrode_observations.csv")
SEEDS: Final = (1, 2, 3, 4, 5, 7)
Row = dict[str, str]


def split(n_target: int, seed: int) -> tuple[LevelData, np.ndarray, np.ndarray]:
    """Return data to learn from, and rows with target values held out.

    To learn from: the coarse observations of one campaign and ``n_target`` of the fine Sobol
    designs; held out: the other fine Sobol designs.
    """
    campaign = electrode_campaign()
    encoding = encoding_of(campaign.design)
    with TABLE.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["failure"]]
    chosen = str(SEEDS[seed % len(SEEDS)])
    coarse = [
        row
        for row in rows
        if row["fidelity"] == "coarse" and row["decider"] == "cellwright" and row["seed"] == chosen
    ]
    fine = [row for row in rows if row["fidelity"] == "fine" and row["decider"] == "sobol"]
    order = np.random.default_rng([seed, n_target]).permutation(len(fine))
    learned = [_observation(row) for row in coarse + [fine[i] for i in order[:n_target]]]
    held = [_observation(fine[i]) for i in order[n_target:]]
    x = encoding.encode([observation.job.design for observation in held])
    y = np.array([observation.value(ENERGY) for observation in held], float)
    return level_data(campaign, learned, ENERGY, encoding), x, y


def _observation(row: Row) -> Observation:
    campaign = electrode_campaign()
    numbers = {
        ACTIVE: float(row["active_wt_pct"]),
        POROSITY: float(row["porosity"]),
        THICKNESS: float(row["thickness_um"]),
    }
    design = campaign.design.from_unit(
        [
            (numbers[name] - low) / (high - low)
            for name, low, high in campaign.design.numeric_bounds()
        ]
    )
    samples = tuple(float(value) for value in row["samples"].split())
    metric = Metric(value=float(row["specific_energy_Wh_per_kg"]), samples=samples)
    job = new_job(campaign.name, design, row["fidelity"], campaign_seed=int(row["seed"]))
    return Observation(job=job, metrics={ENERGY: metric})
