"""From the results of the stages to the metrics of an observation, scatter and bias apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from agents.stage_results import CellResult
from experiments.campaign import metric_at
from experiments.metrics import METRICS
from experiments.observation import Metric
from experiments.properties import AxisTransport, EffectiveProperties

THROUGH = "0"
FEW_VOLUMES = 3
"""Below this many volumes the noise comes from the law of the variance against the volume."""
_LAW = {"pore_active_area_per_m": "area pore-active"}
"""What a metric is called where its scatter between parts of a volume was measured."""
NOT_PERCOLATING = "nothing percolates through the electrode"


def observed_metrics(
    results: Mapping[float | None, CellResult], volumes: Sequence[EffectiveProperties]
) -> dict[str, Metric]:
    """Return every metric known of a job; ``results`` by power, the campaign's first one first."""
    mean = next(iter(results.values())).mean
    metrics = property_metrics(mean, volumes)
    for i, (power_W, result) in enumerate(results.items()):
        for name, metric in cell_metrics(result).items():
            if i == 0 or power_W is None:
                metrics[name] = metric
            elif METRICS[name].needs_power:
                metrics[metric_at(name, power_W)] = metric
    return metrics


def cell_metrics(result: CellResult) -> dict[str, Metric]:
    """Return the metrics of the cell at one power under their plain names."""
    if result.at_mean is None:
        return {}
    found = {
        name: Metric(
            value=value,
            samples=()
            if METRICS[name].from_recipe
            else tuple(v.metrics[name] for v in result.by_volume if name in v.metrics),
            bias=result.at_mean.bias.get(name),
        )
        for name, value in result.at_mean.metrics.items()
        if name in METRICS
    }
    undefined = {
        name: Metric(value=None, reason=reason) for name, reason in result.at_mean.undefined.items()
    }
    return {**found, **undefined}


def property_metrics(
    mean: EffectiveProperties, volumes: Sequence[EffectiveProperties]
) -> dict[str, Metric]:
    """Return the metrics of the microstructure itself."""
    metrics: dict[str, Metric] = {}
    pores = [volume.pore_transport[THROUGH] for volume in volumes if volume.pore_transport]
    solids = [volume.solid_transport[THROUGH] for volume in volumes if volume.solid_transport]
    if THROUGH in mean.pore_transport:
        through = mean.pore_transport[THROUGH]
        metrics["pore_relative_diffusivity"] = _relative(through, pores)
        metrics["pore_tortuosity_factor"] = _tortuosity(through, pores)
    if THROUGH in mean.solid_transport:
        through = mean.solid_transport[THROUGH]
        metrics["solid_conductivity_S_per_m"] = _relative(through, solids)
    area = "pore-active"
    if area in mean.interface_area_per_m:
        metrics["pore_active_area_per_m"] = Metric(
            value=mean.interface_area_per_m[area],
            samples=tuple(volume.interface_area_per_m[area] for volume in volumes),
        )
    return {
        name: metric.model_copy(update={"noise_sd": _noise_sd(metric, mean, _LAW.get(name, name))})
        for name, metric in metrics.items()
    }


def _noise_sd(metric: Metric, mean: EffectiveProperties, law: str) -> float | None:
    """Return the noise of a mean over few volumes by the law of the variance, where it is known."""
    scatter = mean.relative_scatter.get(law)
    if scatter is None or metric.value is None or mean.n_volumes >= FEW_VOLUMES:
        return None
    return abs(metric.value) * scatter / math.sqrt(mean.n_volumes)


def _relative(mean: AxisTransport, samples: Sequence[AxisTransport]) -> Metric:
    return Metric(
        value=mean.relative,
        samples=tuple(sample.relative for sample in samples),
        bias=mean.discretisation_bias,
    )


def _tortuosity(mean: AxisTransport, samples: Sequence[AxisTransport]) -> Metric:
    if mean.tortuosity_factor is None:
        return Metric(value=None, reason=NOT_PERCOLATING)
    bias = mean.discretisation_bias
    finest = None if bias is None else mean.relative - bias
    return Metric(
        value=mean.tortuosity_factor,
        samples=tuple(s.tortuosity_factor for s in samples if s.tortuosity_factor is not None),
        bias=None
        if finest is None or finest <= 0.0
        else mean.tortuosity_factor * (1.0 - mean.relative / finest),
    )
