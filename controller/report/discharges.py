"""The discharges a campaign shows: the best design's beside the baseline's, at every power."""

from __future__ import annotations

from controller.report.answer import answer
from controller.report.attachments import discharge_curves
from controller.report.cell import NamedCurve, discharge, losses_along, mean_losses
from controller.report.figure import Figure
from controller.report.material import Material
from controller.report.tokens import token


def cell_figures(material: Material) -> list[Figure]:
    """Return discharge curves and losses, as far as curves are kept."""
    curves = shown_curves(material)
    first = [one for one in curves if one.dash == "solid"]
    best = next((one for one in first if one.name.startswith("best")), None)
    found = [
        discharge(curves),
        mean_losses(first),
        None if best is None else losses_along(best),
    ]
    return [figure for figure in found if figure is not None]


def shown_curves(material: Material) -> list[NamedCurve]:
    """Return the best design's and the baseline's curves; the first power's lines are solid."""
    found = answer(material)
    named = [("best design", found.best[0], token("best"))] if found.best else []
    if found.baseline is not None:
        named.append(("baseline", found.baseline, token("baseline")))
    curves = []
    for name, one, colour in named:
        of_design = discharge_curves(one, material.read)
        for n, curve in enumerate(of_design):
            text = name if len(of_design) == 1 else f"{name}, {curve.power_W:g} W"
            dash = ("solid", "dash", "dot", "dashdot")[n % 4]
            curves.append(NamedCurve(text, curve, colour, dash))
    return curves
