"""The plots of one observation: its curves with bands, beside the baseline's."""

from __future__ import annotations

from controller.report.attachments import charge_curve, discharge_curves, volume_curves
from controller.report.cell import NamedCurve, discharge, losses_along
from controller.report.charge import NamedCharge, charge_figures
from controller.report.figure import Figure
from controller.report.tokens import token
from controller.results import baseline_at
from controller.web.figures import material_of
from controller.web.service import Service
from experiments.observation import Observation


def observation_figures(
    service: Service, campaign: str, observation: Observation
) -> dict[str, Figure]:
    """Return an observation's plots by id; the baseline's curves alone would be taken for its."""
    material = material_of(service, campaign)
    today = baseline_at(material.state, observation.job.fidelity)
    named = [("this design", observation, token("best"))]
    if today is not None and today.job.id != observation.job.id:
        named.append(("baseline", today, token("baseline")))
    curves, charges = [], []
    for name, one, colour in named:
        for n, curve in enumerate(discharge_curves(one, material.read)):
            text = f"{name}, {curve.power_W:g} W"
            curves.append(NamedCurve(text, curve, colour, ("solid", "dash", "dot")[n % 3]))
        charge = charge_curve(one, material.read)
        if charge is not None:
            charges.append(NamedCharge(name, charge, colour))
    volumes = volume_curves(observation, material.read)
    found: list[Figure | None] = []
    own = next((one for one in curves if one.name.startswith("this")), None)
    if own is not None:
        found += [discharge(curves, volumes.discharges), losses_along(own)]
    if charges and charges[0].name == "this design":
        found += charge_figures(charges, volumes.charges)
    return {one.id: one for one in found if one is not None}
