"""What an observation's run says in MLflow, as plain values: numbers, tags, and allowed names."""

from __future__ import annotations

from typing import NamedTuple

from controller.front import is_feasible
from experiments.campaign import Campaign
from experiments.observation import Observation


class RunValue(NamedTuple):
    """One number of a run; samples of one metric are told apart by their step."""

    key: str
    value: float
    step: int = 0


def run_values(observation: Observation) -> list[RunValue]:
    """Return every value, its samples as steps, its bias, and the worker time."""
    found = [RunValue("busy_s", observation.provenance.busy_s)]
    for name, metric in observation.metrics.items():
        key = run_key(name)
        if metric.value is not None:
            found.append(RunValue(key, metric.value))
        if metric.bias is not None:
            found.append(RunValue(f"{key}/bias", metric.bias))
        if len(metric.samples) > 1:
            found += [RunValue(f"{key}/samples", one, n) for n, one in enumerate(metric.samples)]
    return found


def run_tags(observation: Observation) -> dict[str, str]:
    """Return seeds, versions, keys and hashes, and what failed."""
    record = observation.provenance
    tags = {f"version.{name}": text for name, text in record.versions.items()}
    tags.update({f"stage.{one.stage}.version": one.version for one in record.stages})
    tags.update({f"stage.{one.stage}.key": one.key for one in record.stages})
    tags.update({f"sha256.{run_key(name)}": file.sha256 for name, file in record.artifacts.items()})
    tags.update({f"artifact.{run_key(name)}": file.url for name, file in record.artifacts.items()})
    if record.fallbacks:
        tags["cellwright.fallbacks"] = "; ".join(record.fallbacks)
    if observation.failure is not None:
        tags["cellwright.failure"] = observation.failure.kind.value
        tags["cellwright.message"] = observation.failure.message
    if observation.termination is not None:
        tags["cellwright.termination"] = observation.termination
    return tags


def run_key(name: str) -> str:
    """Return a name as MLflow allows it: ``…@200W`` becomes ``…/200W``."""
    return name.replace("@", "/")


def better_of(campaign: Campaign, observation: Observation, best: float | None) -> float | None:
    """Return the best feasible first objective at the target, this result included."""
    value = observation.value(campaign.metric_key(campaign.objectives[0]))
    is_candidate = observation.job.fidelity == campaign.target and is_feasible(
        campaign, observation
    )
    if value is None or not is_candidate:
        return best
    choose = max if campaign.objectives[0].sense == "maximize" else min
    return value if best is None else choose(best, value)
