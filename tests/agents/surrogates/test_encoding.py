"""Designs as rows: units, categories one apart, groups by parameter."""

from __future__ import annotations

import numpy as np
import pytest

from agents.surrogates.encoding import encoding_of
from experiments.design_space import DesignSpace
from tests.contracts.decider_contract import MIXED

SPACE = DesignSpace(parameters=MIXED)


def test_rows_lie_in_the_unit_cube_and_columns_belong_to_parameters():
    encoding = encoding_of(SPACE)
    rng = np.random.default_rng(0)
    rows = encoding.encode([SPACE.from_unit(rng.random(SPACE.n_unit)) for _ in range(50)])
    assert rows.shape == (50, encoding.n_columns)
    assert rows.min() >= -1e-12
    assert rows.max() <= 1 + 1e-12
    assert max(encoding.group) == len(encoding.names) - 1


def test_two_categories_lie_one_apart():
    encoding = encoding_of(SPACE)
    design = SPACE.from_unit([0.5] * SPACE.n_unit)
    kinds = [
        design.model_copy(update={"values": {**design.values, "kind": kind}})
        for kind in ("round", "flat", "long")
    ]
    rows = encoding.encode(kinds)
    for i in range(3):
        for j in range(i):
            assert np.linalg.norm(rows[i] - rows[j]) == pytest.approx(1.0)
