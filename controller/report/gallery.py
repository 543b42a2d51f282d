"""The report's figures as Plotly objects, for notebooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from controller.report import belief
from controller.report.convergence import convergence
from controller.report.discharges import cell_figures
from controller.report.figure import Figure
from controller.report.landscape import surface
from controller.report.material import Material
from controller.report.parallel import parallel_coordinates
from controller.report.pareto import pareto_front
from controller.report.portraits import campaign_portraits
from controller.report.timeline import timeline
from controller.report.tokens import DARK, LIGHT, resolved
from experiments.errors import Invalid

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as PlotlyFigure


class Gallery:
    """Draws a campaign as it stands now; every plot is the report's, with the same data."""

    def __init__(self, material: Callable[[], Material], *, is_dark: bool = False) -> None:
        self._material = material
        self._theme = DARK if is_dark else LIGHT

    def convergence(self, objective: str | None = None) -> PlotlyFigure:
        """Draw an objective (the first by default) against finished evaluations."""
        material = self._material()
        named = {one.name: one for one in material.campaign.objectives}
        if objective is not None and objective not in named:
            raise Invalid(f"no objective {objective!r}; the campaign has: {', '.join(named)}")
        return self._drawn(convergence(material, named[objective or material.main.name]))

    def held_out(self, metric: str | None = None) -> PlotlyFigure:
        """Draw predicted against observed values, at every level."""
        material = self._material()
        asked = metric or material.main_metric
        return self._drawn(belief.predicted_against_observed(material, asked))

    def calibration(self, metric: str | None = None) -> PlotlyFigure:
        """Draw how often intervals of every width held."""
        material = self._material()
        return self._drawn(belief.calibration(material, metric or material.main_metric))

    def sensitivity(self) -> PlotlyFigure:
        """Draw how much each parameter matters."""
        return self._drawn(belief.sensitivity(self._material()))

    def landscape(self) -> PlotlyFigure:
        """Draw the objective over the two parameters that matter most."""
        return self._drawn(surface(self._material()))

    def parallel_coordinates(self) -> PlotlyFigure:
        """Draw all designs side by side."""
        return self._drawn(parallel_coordinates(self._material()))

    def pareto_front(self) -> PlotlyFigure:
        """Draw the first two objectives against each other."""
        return self._drawn(pareto_front(self._material()))

    def discharge(self) -> PlotlyFigure:
        """Draw the discharge curves of the best design and the baseline."""
        return self._cell("discharge")

    def losses(self) -> PlotlyFigure:
        """Draw the mean loss by cause of the best design and the baseline."""
        return self._cell("losses")

    def timeline(self) -> PlotlyFigure:
        """Draw when every evaluation ran."""
        return self._drawn(timeline(self._material()))

    def microstructures(self) -> MicrostructureView:
        """Show the best design's microstructure beside the baseline's."""
        portraits = campaign_portraits(self._material())
        if not portraits:
            raise Invalid("no voxels are kept for the best design or the baseline yet")
        pictures = "".join(
            f'<figure style="margin:0"><figcaption>{one.name}, {one.edge}</figcaption>'
            f'<img alt="{one.view.alt}" src="{one.view.uri}" style="max-width:360px"></figure>'
            for one in portraits
        )
        return MicrostructureView(f'<div style="display:flex;gap:24px">{pictures}</div>')

    def _cell(self, name: str) -> PlotlyFigure:
        found = [one for one in cell_figures(self._material()) if one.id == name]
        return self._drawn(found[0] if found else None)

    def _drawn(self, figure: Figure | None) -> PlotlyFigure:
        """Return the figure with the theme's colours. Raises ``Invalid`` without data for it."""
        if figure is None:
            raise Invalid("there is nothing to draw here yet: it needs more evaluations")
        from plotly.graph_objects import Figure as PlotlyFigure

        layout = {
            **figure.layout,
            "height": figure.height_px,
            "title": {"text": figure.title, "font": {"size": 16}},
            "paper_bgcolor": self._theme["page"],
            "plot_bgcolor": self._theme["page"],
        }
        layout["margin"] = {**layout["margin"], "t": layout["margin"]["t"] + 72}
        layout["title"] = {**layout["title"], "y": 0.98, "yanchor": "top"}
        return PlotlyFigure(
            data=resolved(figure.data, self._theme), layout=resolved(layout, self._theme)
        )


class MicrostructureView:
    """Pictures that a notebook shows."""

    def __init__(self, html: str) -> None:
        self.html = html

    def __repr__(self) -> str:
        return "microstructures of the best design and the baseline, as pictures"

    def _repr_html_(self) -> str:
        return self.html
