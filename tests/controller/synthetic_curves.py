"""Curves beside the observations of a synthetic campaign: a charge, and those of single volumes."""

from __future__ import annotations

import numpy as np

from controller.home import Home
from controller.report.attachments import discharge_curves, reader
from experiments.observation import Observation
from experiments.performance import ChargeCurve, DischargeCurve, VolumeCurves
from tests.controller.synthetic_campaign import stored

LOWEST_MV = (12.4, 9.1)
"""Lowest plating margin of each volume; the first one's is the mean's too."""


def with_curves(home: Home, observation: Observation) -> Observation:
    """Return the observation with the charge and the curves of two volumes."""
    kept = discharge_curves(observation, reader(home.artifacts))
    if not kept:
        return observation
    charges = tuple(charge(1e-3 * lowest) for lowest in LOWEST_MV)
    volumes = VolumeCurves(
        discharges=tuple(_scaled(kept[0], factor) for factor in (1.0, 0.99)), charges=charges
    )
    artifacts = {
        **observation.provenance.artifacts,
        "charge": stored(home, charges[0].model_dump_json().encode(), "json"),
        "volume-curves": stored(home, volumes.model_dump_json().encode(), "json"),
    }
    provenance = observation.provenance.model_copy(update={"artifacts": artifacts})
    return observation.model_copy(update={"provenance": provenance})


def charge(lowest_V: float) -> ChargeCurve:
    """Return a charge that comes so near to plating at two thirds of its way."""
    share = np.linspace(0.1, 0.8, 40)
    rate = 4.0 - 3.0 * (share - 0.1)
    time_s = np.concatenate([[0.0], np.cumsum(np.diff(share) / rate[1:] * 3600.0)])
    margin_V = lowest_V + 0.4 * (share - share[26]) ** 2
    return ChargeCurve(
        time_s=tuple(time_s.tolist()),
        charged_share=tuple(share.tolist()),
        voltage_V=tuple((3.6 + 0.6 * share + lowest_V).tolist()),
        c_rate_per_h=tuple(rate.tolist()),
        plating_margin_V=tuple(margin_V.tolist()),
        kept_margin_V=0.0,
    )


def _scaled(curve: DischargeCurve, factor: float) -> DischargeCurve:
    capacity = tuple(factor * one for one in curve.capacity_Ah)
    return curve.model_copy(update={"capacity_Ah": capacity}).thinned()
