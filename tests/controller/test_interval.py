from __future__ import annotations

import math

import numpy as np
import pytest

from controller.interval import Scatter, difference, measured, pooled_scatter
from experiments.design import Design
from experiments.job import new_job
from experiments.observation import Metric, Observation, Provenance, StageRecord

METRIC = "specific_energy_Wh_per_kg"


def observed(porosity: float, samples: tuple[float, ...], fidelity: str = "fine") -> Observation:
    design = Design(values={"positive.porosity": porosity})
    return Observation(
        job=new_job("c", design, fidelity, campaign_seed=1),
        metrics={METRIC: Metric(value=sum(samples) / len(samples), samples=samples)},
    )


def test_the_pooled_scatter_recovers_a_known_standard_deviation() -> None:
    rng = np.random.default_rng(3)
    many = [
        observed(0.2 + n / 1e4, tuple(200 + n + 2.0 * rng.standard_normal(2))) for n in range(800)
    ]
    scatter = pooled_scatter(many, METRIC, "fine")
    assert scatter is not None
    assert scatter.degrees == 800
    assert scatter.sd == pytest.approx(2.0, rel=0.06)


def test_intervals_hold_the_truth_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        group = [observed(0.2 + n / 100, tuple(rng.standard_normal(2))) for n in range(6)]
        interval = measured(group[0], METRIC, pooled_scatter(group, METRIC, "fine"))
        assert interval is not None
        assert interval.low is not None
        assert interval.high is not None
        held += interval.low <= 0.0 <= interval.high
    assert 0.92 <= held / 400 <= 0.98


def test_single_volumes_give_no_interval() -> None:
    one = observed(0.3, (250.0,))
    assert pooled_scatter([one], METRIC, "fine") is None
    interval = measured(one, METRIC, None)
    assert interval is not None
    assert interval.low is None


def test_a_difference_is_less_sure_than_either_value() -> None:
    first, second = observed(0.3, (252.0, 250.0)), observed(0.4, (240.0, 242.0))
    scatter = Scatter(sd=1.5, degrees=10)
    gap = difference(first, second, METRIC, scatter)
    alone = measured(first, METRIC, scatter)
    assert gap is not None
    assert alone is not None
    assert gap.value == pytest.approx(10.0)
    assert gap.high is not None
    assert alone.high is not None
    assert gap.high - gap.value == pytest.approx(math.sqrt(2) * (alone.high - alone.value))


def test_an_image_never_borrows_the_scatter_of_generated_boxes() -> None:
    read = StageRecord(stage="read", version="1", key="k", cached=False, elapsed_s=1.0)
    image = observed(0.3, (240.0,)).model_copy(update={"provenance": Provenance(stages=(read,))})
    design, scatter = observed(0.4, (252.0, 250.0)), Scatter(sd=1.5, degrees=10)
    alone, gap = measured(image, METRIC, scatter), difference(design, image, METRIC, scatter)
    assert alone is not None
    assert (alone.value, alone.low, alone.high) == (240.0, None, None)
    assert gap is not None
    assert (gap.value, gap.low, gap.high) == (11.0, None, None)
