"""The model against real cells: what every build gave, less what had been predicted of it."""

from __future__ import annotations

from controller.label import metric_label
from controller.quantity import three
from controller.reality_check import RealityCheck, Residual, reality_check
from controller.report.figure import Figure, Table, Trace, layout
from controller.report.material import Material
from controller.report.tokens import token


def residual_figures(material: Material) -> tuple[Figure, ...]:
    """Return the plot of the residuals; nothing where no build had been predicted."""
    check = reality_check(material.state)
    if not check.residuals:
        return ()
    label = metric_label(check.residuals[0].metric)
    n = len(check.residuals)
    line: Trace = {
        "type": "scatter",
        "mode": "lines",
        "name": "as predicted",
        "x": [0.5, n + 0.5],
        "y": [0.0, 0.0],
        "line": {"color": token("baseline"), "width": 2, "dash": "dash"},
        "hoverinfo": "skip",
    }
    figure = Figure(
        id="real-cells",
        title=f"Real cells against their predictions: {label.text.lower()}",
        caption=_caption(check, label.unit),
        data=(line, _points(check.residuals)),
        layout=layout(
            "Builds in order of arrival",
            f"Measured − predicted ({label.unit})",
            xaxis={"zeroline": False, "dtick": max(1, n // 10)},
        ),
        table=Table(
            (
                "build",
                "job",
                f"measured ({label.unit})",
                f"predicted ({label.unit})",
                "low",
                "high",
            ),
            tuple(
                (one.build_id, one.job_id, one.measured, one.predicted, one.low, one.high)
                for one in check.residuals
            ),
        ),
    )
    return (figure,)


def _points(residuals: tuple[Residual, ...]) -> Trace:
    """Return the residuals, each with the 95% interval of its own prediction around zero."""
    below = [0.0 if one.low is None else one.predicted - one.low for one in residuals]
    above = [0.0 if one.high is None else one.high - one.predicted for one in residuals]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "build",
        "x": list(range(1, len(residuals) + 1)),
        "y": [one.measured - one.predicted for one in residuals],
        "text": [one.build_id for one in residuals],
        "hovertemplate": "%{text}<br>%{y:.4g}",
        "marker": {
            "color": token("best"),
            "size": 9,
            "symbol": ["x" if one.is_inside is False else "circle" for one in residuals],
        },
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": below,  # a value as low as the prediction's low end reaches zero
            "arrayminus": above,
            "color": token("baseline"),
            "thickness": 1,
        },
    }


def _caption(check: RealityCheck, unit: str) -> str:
    error = "" if check.standard_error is None else f" ± {three(check.standard_error)}"
    text = (
        f"Mean residual {three(check.mean_residual)}{error} {unit}; the bar is the 95% interval of "
        f"the prediction, seen from the measured value: {check.n_inside} of "
        f"{check.n_with_interval} reach zero, crosses do not."
    )
    return text + (f" Drift: {check.drift}." if check.drift else "")
