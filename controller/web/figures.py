"""The plots of a campaign's page, made again only where the campaign changed."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from controller.observation_stream import csv_lines
from controller.report.attachments import reader
from controller.report.convergence import convergence
from controller.report.figure import Figure
from controller.report.landscape import surface
from controller.report.material import Material
from controller.report.pareto import pareto_front
from controller.report.residuals import residual_figures
from controller.report.timeline import timeline
from controller.web.service import Service

_ROWS: Final = 1000
_MOST_KEPT: Final = 16
_SHARE: Final = 0.05
"""Of the time, that drawing one campaign may take: a plot that takes long is drawn less often."""


@dataclass(frozen=True)
class _Drawn:
    hash: str
    figures: dict[str, Figure]
    at_s: float
    took_s: float

    def is_fresh(self, hash_now: str) -> bool:
        """Say whether nothing happened since, or drawing anew would take too much of the time."""
        return self.hash == hash_now or time.monotonic() - self.at_s < self.took_s / _SHARE


_kept: Final[dict[tuple[str, str], _Drawn]] = {}
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
        found = _kept.pop(place, None)
        if found is None or not found.is_fresh(followed.hash):
            began_s = time.monotonic()
            figures = _drawn(material_of(service, campaign))
            now_s = time.monotonic()
            found = _Drawn(followed.hash, figures, now_s, now_s - began_s)
        _kept[place] = found  # at the end: the first is what nobody looked at for longest
        while len(_kept) > _MOST_KEPT:
            del _kept[next(iter(_kept))]
    return found.figures


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


def figure_csv(figure: Figure) -> Iterator[str]:
    """Yield the data behind a figure as CSV, some lines at a time."""
    yield csv_lines([figure.table.columns])
    rows = iter(figure.table.rows)
    while some := list(itertools.islice(rows, _ROWS)):
        yield csv_lines(some)


def _drawn(material: Material) -> dict[str, Figure]:
    if not len(material.points):
        return {}
    figures = [convergence(material, one) for one in material.campaign.objectives]
    figures += residual_figures(material)
    found = (*figures, pareto_front(material), surface(material), timeline(material))
    return {figure.id: figure for figure in found if figure is not None}
