"""All observations of a campaign as one table, one row each, with what every column means."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from controller.label import parameter_label
from controller.state import State
from experiments.design_space import Categorical, Integer
from experiments.metrics import METRICS
from experiments.observation import Observation

Value = str | float | int | None


@dataclass(frozen=True)
class Column:
    """A column's name, what it holds, in which unit, and the values."""

    name: str
    kind: Literal["text", "number", "integer"]
    unit: str
    """``1`` for a plain number, empty for text."""
    meaning: str
    values: tuple[Value, ...]


def observation_table(state: State) -> tuple[Column, ...]:
    """Return the columns, rows in order of arrival, baseline included."""
    return table_of(state, tuple(state.observations.values()))


def table_of(state: State, found: tuple[Observation, ...]) -> tuple[Column, ...]:
    """Return the columns that some of a state's observations have."""
    columns = [
        *_identity(state, found),
        *_design(state, found),
        *_metrics(found),
        *_record(found),
    ]
    return tuple(columns)


def column_names(state: State, metrics: Mapping[str, tuple[bool, bool]]) -> list[str]:
    """Return the names of all columns of a table.

    ``metrics`` says of each, in order, whether any observation has several samples, and any a bias.
    """
    names = [one.name for one in (*_identity(state, ()), *_design(state, ()))]
    for key, (has_samples, has_bias) in metrics.items():
        names += [key, *[f"{key}.volume_sd"] * has_samples, *[f"{key}.bias"] * has_bias]
    return [*names, *(one.name for one in _record(()))]


def _identity(state: State, found: tuple[Observation, ...]) -> list[Column]:
    return [
        _text(
            "job_id", "content hash of design, level, purpose and seed", found, lambda o: o.job.id
        ),
        _text("purpose", "search, or baseline: today's electrode", found, lambda o: o.job.purpose),
        _text("fidelity", "level of evaluation", found, lambda o: o.job.fidelity),
        Column("seed", "integer", "1", "seed of the job", tuple(o.job.seed for o in found)),
        Column(
            "observed_at",
            "text",
            "",
            "arrival in the journal, ISO 8601 in UTC",
            tuple(state.observed_at.get(o.job.id) for o in found),
        ),
    ]


def _design(state: State, found: tuple[Observation, ...]) -> list[Column]:
    kinds: dict[str, Literal["text", "number", "integer"]] = {}
    for parameter in state.campaign.design.parameters:
        if isinstance(parameter, Categorical):
            is_text = any(isinstance(choice, str) for choice in parameter.choices)
            kinds[parameter.name] = "text" if is_text else "number"
        elif isinstance(parameter, Integer):
            kinds[parameter.name] = "integer"
    columns = []
    for name in state.campaign.design.names:
        label, kind = parameter_label(name), kinds.get(name, "number")
        values = tuple(o.job.design.values.get(name) for o in found)
        if kind == "text":
            values = tuple(None if value is None else str(value) for value in values)
        unit = "" if kind == "text" else label.unit
        columns.append(Column(name, kind, unit, f"design: {label.text.lower()}", values))
    return columns


def _metrics(found: tuple[Observation, ...]) -> list[Column]:
    """Return every metric, its scatter between volumes and its estimated bias."""
    columns = []
    for key in dict.fromkeys(key for o in found for key in o.metrics):
        name, _, power = key.partition("@")
        definition = METRICS.get(name)
        unit = definition.unit if definition else "1"
        meaning = definition.meaning if definition else name
        meaning += f", at {power.removesuffix('W')} W" if power else ""
        columns.append(Column(key, "number", unit, meaning, tuple(o.value(key) for o in found)))
        spread = tuple(_scatter(o, key) for o in found)
        if any(value is not None for value in spread):
            text = f"standard deviation between random volumes of: {meaning}"
            columns.append(Column(f"{key}.volume_sd", "number", unit, text, spread))
        bias = tuple(o.metrics[key].bias if key in o.metrics else None for o in found)
        if any(value is not None for value in bias):
            text = f"estimated mesh and voxel error (not subtracted) of: {meaning}"
            columns.append(Column(f"{key}.bias", "number", unit, text, bias))
    return columns


def _record(found: tuple[Observation, ...]) -> list[Column]:
    busy = tuple(o.provenance.busy_s for o in found)
    return [
        _text("termination", "what ended the discharge", found, lambda o: o.termination),
        _text(
            "flags",
            "what to know before believing the numbers",
            found,
            lambda o: "; ".join(o.flags) or None,
        ),
        _text(
            "failure",
            "kind of failure, empty where there are metrics",
            found,
            lambda o: None if o.failure is None else o.failure.kind.value,
        ),
        _text(
            "failure_message",
            "the failure in words",
            found,
            lambda o: None if o.failure is None else o.failure.message,
        ),
        Column("busy_s", "number", "s", "worker time, cached stages excluded", busy),
        _text("started_at", "start of work, ISO 8601", found, lambda o: o.provenance.started_at),
        _text("finished_at", "end of work, ISO 8601", found, lambda o: o.provenance.finished_at),
        _text(
            "fallbacks",
            "second-best methods used, in words",
            found,
            lambda o: "; ".join(o.provenance.fallbacks) or None,
        ),
        _text("voxels_sha256", "first volume's voxel file", found, lambda o: _hash(o, "voxels")),
        _text("curve_sha256", "discharge curve's file", found, lambda o: _hash(o, "curve")),
    ]


def _text(
    name: str,
    meaning: str,
    found: tuple[Observation, ...],
    read: Callable[[Observation], str | None],
) -> Column:
    return Column(name, "text", "", meaning, tuple(read(one) for one in found))


def _scatter(observation: Observation, key: str) -> float | None:
    metric = observation.metrics.get(key)
    if metric is None or len(metric.samples) < 2:
        return None
    return math.sqrt(statistics.variance(metric.samples))


def _hash(observation: Observation, name: str) -> str | None:
    artifact = observation.provenance.artifacts.get(name)
    return None if artifact is None else artifact.sha256
