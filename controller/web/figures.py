"""The plots of a campaign's page, made again only where the campaign changed."""

from __future__ import annotations

import csv
import io
import threading
from typing import Any, Final

from controller.report.attachments import reader
from controller.report.convergence import convergence
from controller.report.cost import timeline
from controller.report.figure import Figure
from controller.report.landscape import surface
from controller.report.material import Material
from controller.report.pareto import pareto_front
from controller.web.service import Service

_kept: Final[dict[tuple[str, str], tuple[str, dict[str, Figure]]]] = {}
_one_at_a_time: Final = threading.Lock()


def material_of(service: Service, campaign: str) -> Material:
    """Return what a campaign's figures are made of."""
    followed = service.campaign(campaign)
    return Material(followed.state, reader(service.home.artifacts), {"Journal hash": followed.hash})


def campaign_figures(service: Service, campaign: str) -> dict[str, Figure]:
    """Return the figures by id, in the order of the page."""
    followed = service.campaign(campaign)
    place = (str(service.home.path), campaign)
    with _one_at_a_time:
        found = _kept.get(place)
        if found is None or found[0] != followed.hash:
            found = (followed.hash, _drawn(material_of(service, campaign)))
            _kept[place] = found
    return found[1]


def figure_document(figure: Figure) -> dict[str, Any]:
    """Return a figure for the page's script; colours are names of tokens."""
    return {
        "id": figure.id,
        "title": figure.title,
        "caption": figure.caption,
        "height_px": figure.height_px,
        "data": figure.data,
        "layout": figure.layout,
    }


def figure_csv(figure: Figure) -> str:
    """Return the data behind a figure."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(figure.table.columns)
    writer.writerows(figure.table.rows)
    return text.getvalue()


def _drawn(material: Material) -> dict[str, Figure]:
    if not material.everything:
        return {}
    figures = [convergence(material, one) for one in material.campaign.objectives]
    found = (*figures, pareto_front(material), surface(material), timeline(material))
    return {figure.id: figure for figure in found if figure is not None}
