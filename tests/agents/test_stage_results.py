"""Requests and results of the cell stage survive the cache's JSON as they were."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agents.stage_results import CellRequest, CellResult, VolumePerformance
from experiments.observation import Failure, FailureKind
from experiments.performance import CellPerformance
from tests.agents.test_observing import MEAN
from tests.agents.test_stage_call import CAMPAIGN, recipe

PERFORMANCE = CellPerformance(metrics={"energy_Wh": 80.0}, termination="minimum voltage")
RESULTS = (
    CellResult(mean=MEAN, at_mean=PERFORMANCE, by_volume=(VolumePerformance(failure="x"),)),
    CellResult(mean=MEAN, failure=Failure(kind=FailureKind.not_percolating, message="no path")),
)


@pytest.mark.parametrize("result", RESULTS)
def test_a_result_is_read_back_as_it_was(result):
    assert CellResult.model_validate_json(result.model_dump_json()) == result


def request(**changes: object) -> CellRequest:
    given = {
        "cell": CAMPAIGN.cell, "recipe": recipe(), "volumes": (MEAN,), "power_W": None,
        "model": "DFN", "mesh_points": 10, "physics": CAMPAIGN.physics,
    }  # fmt: skip
    return CellRequest.model_validate({**given, **changes})


def test_a_request_without_a_power_is_read_back_as_it_was():
    assert CellRequest.model_validate_json(request().model_dump_json()) == request()


def test_a_model_that_nobody_knows_is_refused():
    with pytest.raises(ValidationError, match="half-cell"):
        request(model="DFM")
