"""Why to believe the model: predicted against observed, calibration, sensitivity."""

from __future__ import annotations

import math
import statistics
from typing import Final

from controller.label import Label, metric_label, parameter_label
from controller.quantity import percent, three
from controller.report.figure import Figure, Table, Trace, layout
from controller.report.material import Material
from controller.report.tokens import level_token, token
from experiments.ranking import HeldOut

_NOMINAL: Final = tuple(n / 20 for n in range(1, 20))
_Z95: Final = statistics.NormalDist().inv_cdf(0.975)
_TOO_FEW: Final = 20


def predicted_against_observed(material: Material, metric: str) -> Figure | None:
    """Return leave-one-out predictions with 95% intervals, by level."""
    held_out = _of_metric(material, metric)
    if not held_out:
        return None
    label = metric_label(metric)
    traces: list[Trace] = [_diagonal(held_out)]
    levels = material.campaign.fidelities
    for place, level in enumerate(levels):
        of_level = [one for one in held_out if one.fidelity == level.name]
        if of_level:
            traces.append(_with_bars(of_level, level.name, level_token(place, len(levels)), place))
    return Figure(
        id=f"held-out-{_slug(metric)}",
        title=f"Predicted against observed {label.text.lower()}",
        caption=(
            "Each result was predicted by a model that had not seen it. Bars are 95% predictive "
            "intervals; a good model's bars cross the diagonal 19 times in 20. Bars may go on "
            "beyond the frame."
        ),
        data=tuple(traces),
        layout=layout(
            f"Observed {_lower(label)}",
            f"Predicted {_lower(label)}",
            yaxis={"range": _frame(held_out)},
        ),
        table=Table(
            ("Job", "Level", f"Observed ({label.unit})", "Predicted", "Standard deviation"),
            tuple(
                (one.job_id, one.fidelity, one.observed, one.predicted.mean, one.predicted.sd)
                for one in held_out
            ),
        ),
    )


def calibration(material: Material, metric: str) -> Figure | None:
    """Return how often intervals of every nominal width held what was observed."""
    held_out = _of_metric(material, metric)
    if not held_out:
        return None
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [0, 100],
            "y": [0, 100],
            "name": "perfect",
            "line": {"color": token("soft"), "dash": "dot", "width": 1.5},
            "hoverinfo": "skip",
        }
    ]
    rows: list[tuple[str | float | int | None, ...]] = []
    levels = material.campaign.fidelities
    for place, level in enumerate(levels):
        of_level = [one for one in held_out if one.fidelity == level.name]
        if not of_level:
            continue
        held = [100 * coverage(of_level, nominal) for nominal in _NOMINAL]
        rows += [
            (level.name, round(100 * nominal), round(share, 1), len(of_level))
            for nominal, share in zip(_NOMINAL, held, strict=True)
        ]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": f"{level.name} (n = {len(of_level)})",
                "x": [100 * nominal for nominal in _NOMINAL],
                "y": held,
                "line": {"color": level_token(place, len(levels)), "width": 2, "shape": "hv"},
                "marker": {"size": 5, "symbol": ("circle", "diamond", "square")[place % 3]},
                "hovertemplate": "%{x:.0f}% intervals held %{y:.0f}%",
            }
        )
    ticks = {"range": [0, 100], "ticksuffix": "%", "dtick": 25}
    return Figure(
        id=f"calibration-{_slug(metric)}",
        title="Calibration",
        caption=(
            "Below the dotted line the model is too sure of itself, above it too cautious. "
            + coverage_sentence(held_out)
        ),
        data=tuple(traces),
        layout=layout("Interval promised", "Interval held", xaxis=ticks, yaxis=ticks),
        table=Table(("Level", "Promised (%)", "Held (%)", "Observations"), tuple(rows)),
    )


def sensitivity(material: Material) -> Figure | None:
    """Return the share of each metric's variance that every parameter explains."""
    diagnosis = material.diagnosis
    if diagnosis is None or not diagnosis.sensitivity:
        return None
    traces: list[Trace] = []
    rows: list[tuple[str | float | int | None, ...]] = []
    shades = [token("best"), token("level-1"), token("level-0")]
    for place, (metric, shares) in enumerate(diagnosis.sensitivity.items()):
        ordered = sorted(shares.items(), key=lambda item: item[1])
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": metric_label(metric).text,
                "y": [parameter_label(name).text for name, _ in ordered],
                "x": [100 * share for _, share in ordered],
                "marker": {"color": shades[place % 3]},
                "hovertemplate": "%{y}: %{x:.0f}%",
            }
        )
        rows += [
            (metric_label(metric).text, parameter_label(name).text, round(100 * share, 1))
            for name, share in reversed(ordered)
        ]
    return Figure(
        id="sensitivity",
        title="What matters",
        caption=(
            "Share of the variance over the design space that each parameter explains by itself "
            "(first-order Sobol index of the model). What is missing to 100% is interaction."
        ),
        data=tuple(traces),
        layout=layout(
            "Share of variance",
            "",
            xaxis={"ticksuffix": "%", "rangemode": "tozero"},
            showlegend=len(traces) > 1,
        ),
        table=Table(("Metric", "Parameter", "Share of variance (%)"), tuple(rows)),
        height_px=110 + 36 * len(rows),
    )


def model_sentences(material: Material) -> tuple[str, ...]:
    """Return in words how the levels go together and how large the scatter is."""
    diagnosis, key = material.diagnosis, material.main_metric
    if diagnosis is None:
        return ()
    label = metric_label(key)
    said = []
    for pair, value in diagnosis.level_correlation.get(key, {}).items():
        first, _, second = pair.partition("~")
        said.append(f"{first} and {second} go together with a correlation of {three(value)}")
    noise_sd = diagnosis.noise_sd.get(key, {})
    for level, sd in sorted(noise_sd.items(), key=lambda item: material.place(item[0])):
        said.append(f"random volumes scatter by {three(sd)} {label.unit} at {level} (1 sd)")
    n = material.state.n_observed_at_diagnosis
    text = "; ".join(said)
    return (f"The model rests on {n} results: {text}." if text else "",) if said else ()


def coverage(held_out: list[HeldOut], nominal: float) -> float:
    """Return the share of observations inside their intervals of nominal width."""
    z = statistics.NormalDist().inv_cdf(0.5 + nominal / 2)
    held = [abs(one.observed - one.predicted.mean) <= z * one.predicted.sd for one in held_out]
    return sum(held) / len(held)


def coverage_sentence(held_out: list[HeldOut]) -> str:
    """Return how many 95% intervals held, and whether that says anything."""
    n = len(held_out)
    held = round(coverage(held_out, 0.95) * n)
    text = f"The model's 95% intervals held {held} of {n} results ({percent(held / n)})"
    if n < _TOO_FEW:
        return text + "; too few to tell."
    spread = 1.96 * math.sqrt(0.95 * 0.05 / n)
    if held / n < 0.95 - spread:
        return text + "; fewer than chance explains: the model is too sure of itself."
    return text + "; as many as chance allows."


def _with_bars(held_out: list[HeldOut], name: str, colour: str, place: int) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [one.observed for one in held_out],
        "y": [one.predicted.mean for one in held_out],
        "error_y": {
            "type": "data",
            "array": [_Z95 * one.predicted.sd for one in held_out],
            "color": colour,
            "thickness": 1.5,
            "width": 0,
        },
        "marker": {
            "color": colour,
            "size": 8,
            "symbol": ("circle", "diamond", "square")[place % 3],
        },
        "hovertemplate": "observed %{x:.4g}<br>predicted %{y:.4g}",
    }


def _frame(held_out: list[HeldOut]) -> list[float]:
    """Return the range of the means, wide enough for most bars.

    One design the model knows nothing of would otherwise squeeze all others into a line.
    """
    low, high = _ends(held_out)
    spread = 2.0 * statistics.median(_Z95 * one.predicted.sd for one in held_out)
    margin = max(0.08 * (high - low), spread)
    return [low - margin, high + margin]


def _ends(held_out: list[HeldOut]) -> tuple[float, float]:
    ends = [one.observed for one in held_out] + [one.predicted.mean for one in held_out]
    return min(ends), max(ends)


def _diagonal(held_out: list[HeldOut]) -> Trace:
    ends = list(_ends(held_out))
    return {
        "type": "scatter",
        "mode": "lines",
        "x": ends,
        "y": ends,
        "name": "equal",
        "line": {"color": token("soft"), "dash": "dot", "width": 1.5},
        "hoverinfo": "skip",
    }


def _of_metric(material: Material, metric: str) -> list[HeldOut]:
    diagnosis = material.diagnosis
    return [] if diagnosis is None else [one for one in diagnosis.held_out if one.metric == metric]


def _lower(label: Label) -> str:
    return label.with_unit[:1].lower() + label.with_unit[1:]


def _slug(metric: str) -> str:
    return metric.lower().replace("@", "-at-").replace("_", "-").replace(".", "-")
