"""Pools hold each screened design once, near what is good and all over."""

from __future__ import annotations

import numpy as np

from agents.acquisition.proposals import Pool
from agents.surrogates.encoding import encoding_of
from tests.contracts.decider_contract import MIXED, campaign_of

CAMPAIGN = campaign_of(MIXED)


def pool_of(screen=lambda campaign, design: None) -> Pool:
    return Pool(CAMPAIGN, encoding_of(CAMPAIGN.design), screen)


def test_a_design_is_held_once_and_only_if_it_passes():
    pool = pool_of(lambda campaign, design: "flat" if design.values["kind"] == "flat" else None)
    rng = np.random.default_rng(0)
    designs = [CAMPAIGN.design.from_unit(rng.random(CAMPAIGN.design.n_unit)) for _ in range(40)]
    pool.add([*designs, *designs])
    assert len(pool.designs) == len({d.key for d in designs if d.values["kind"] != "flat"})
    assert pool.x.shape == (len(pool.designs), encoding_of(CAMPAIGN.design).n_columns)


def test_neighbours_stay_inside_and_mostly_close():
    pool = pool_of()
    center = CAMPAIGN.design.from_unit([0.5] * CAMPAIGN.design.n_unit)
    pool.add_near([center], 64, 0.02, np.random.default_rng(1))
    assert all(CAMPAIGN.design.contains(design) for design in pool.designs)
    distance = [abs(float(design.values["a"]) - 0.5) for design in pool.designs]
    assert np.median(distance) < 0.05
