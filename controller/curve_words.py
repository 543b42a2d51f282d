"""What the simulated curves of a design say, and plainly what they cannot: bands and plating."""

from __future__ import annotations

from typing import Final

from controller.quantity import MINUS, percent, with_interval
from experiments.campaign import Campaign
from experiments.observation import Observation
from experiments.performance import NO_CHARGE, ChargeCurve, VolumeCurves

_BELOW_V: Final = -1e-3
"""A kept margin of 0 is held this well; test_fast_charge holds the charge to it."""
_AT_LIMIT_V: Final = 2e-3
"""Above the kept margin: what the two rounded corners of the charge's limits leave unused."""


def band_words(twin: Observation, volumes: VolumeCurves) -> str:
    """Return why the curves of a simulation have no band, or nothing where they have one."""
    if volumes.discharges or volumes.charges:
        return ""
    level = twin.job.fidelity
    n = max((len(one.samples) for one in twin.metrics.values()), default=1)
    if n < 2:
        return f"One volume at {level} gave a result, so the curves have no band."
    return (
        f"{n} volumes were simulated at {level}, but their single curves are not kept, so the "
        "curves have no band."
    )


def plating_words(
    campaign: Campaign,
    twin: Observation | None = None,
    charge: ChargeCurve | None = None,
    volumes: VolumeCurves | None = None,
) -> str:
    """Return what is known of lithium plating while charging: what was simulated, and what not.

    ``twin`` is the simulation of the very design, ``charge`` its fast charge where it is kept.
    """
    if charge is None:
        return f"not known; {no_charge_words(campaign, twin)}"
    spec, scattered = campaign.cell.fast_charge, volumes or VolumeCurves()
    return (
        f"{_lowest(charge, scattered)} at its lowest in a simulated fast charge, "
        f"{percent(spec.from_share)} to {percent(spec.to_share)} in {_minutes(charge, scattered)} "
        f"at {spec.limit_per_h:g}C or less, which slows down to keep the negative "
        f"{_mV(charge.kept_margin_V)} mV or more above lithium; "
        f"{_limit(charge)}; at the build's own charge it was not simulated"
    )


def no_charge_words(campaign: Campaign, twin: Observation | None) -> str:
    """Return why no charge of a design is known."""
    if campaign.charged_level is None:
        return "no charge is simulated: the finest level discharges no cell by DFN"
    if twin is None:
        return "this very design was not simulated"
    if twin.job.fidelity != campaign.charged_level:
        return f"charges are simulated at {campaign.charged_level}, not at {twin.job.fidelity}"
    for note in twin.provenance.fallbacks:
        if note.startswith(NO_CHARGE):
            return f"the simulated charge failed: {note.removeprefix(NO_CHARGE)}"
    return "of its simulation no charge is kept: it is older than kept charges, or the file is gone"


def _lowest(charge: ChargeCurve, volumes: VolumeCurves) -> str:
    """Return the lowest margin, its range over volumes, and a mark where it falls below 0."""
    of_volumes = [one.lowest_margin_V for one in volumes.charges]
    words = f"{_mV(charge.lowest_margin_V)} mV"
    if len(of_volumes) < 2:
        return words + (" ▲ below 0" if charge.lowest_margin_V < _BELOW_V else "")
    low, high, n = _mV(min(of_volumes)), _mV(max(of_volumes)), len(of_volumes)
    below = sum(one < _BELOW_V for one in of_volumes)
    mark = f" ▲ below 0 in {below} of {n} volumes" if below else ""
    return f"{words} ({low} to {high} over {n} volumes){mark}"


def _minutes(charge: ChargeCurve, volumes: VolumeCurves) -> str:
    """Return how long it takes, with its range over volumes."""
    each = [one.time_s[-1] / 60.0 for one in volumes.charges]
    low, high = (min(each), max(each)) if len(each) > 1 else (None, None)
    return with_interval(charge.time_s[-1] / 60.0, low, high, "min")


def _limit(charge: ChargeCurve) -> str:
    if charge.lowest_margin_V <= charge.kept_margin_V + _AT_LIMIT_V:
        return "plating is what limits it"
    return "current or voltage limits it before plating does"


def _mV(value_V: float) -> str:
    """Return millivolts to a tenth: finer than the charge is solved."""
    return f"{round(1e4 * value_V) / 10:g}".replace("-", MINUS)
