"""What a report is made of: a campaign's state at one moment, and the files behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from controller.interval import Scatter, pooled_scatter
from controller.label import Label, metric_label, parameter_label
from controller.points import Points, points_of
from controller.results import searched
from controller.state import State
from experiments.campaign import Campaign, Objective
from experiments.observation import Artifact, Observation
from experiments.ranking import Diagnosis, Recommendation


@dataclass(frozen=True)
class Material:
    """One moment of one campaign; everything the report says follows from it."""

    state: State
    read: Callable[[Artifact], bytes | None]
    """Return an artifact's content, or None where it is gone."""
    identity: dict[str, str] = field(default_factory=dict)
    """Hashes of the moment: label → value, as they are shown."""

    @property
    def campaign(self) -> Campaign:
        """Return the campaign with its latest budget."""
        return self.state.campaign

    @cached_property
    def observations(self) -> tuple[Observation, ...]:
        """Return the search results in the order they arrived."""
        return searched(self.state)

    @cached_property
    def baseline(self) -> tuple[Observation, ...]:
        """Return the baseline's results, one a level."""
        return tuple(self.state.observations[self.points.ids[n]] for n in self.points.baseline)

    @cached_property
    def points(self) -> Points:
        """Return what plots need of all results, in order of arrival."""
        return points_of(self.state)

    @property
    def everything(self) -> tuple[Observation, ...]:
        """Return all results, the baseline's first."""
        return (*self.baseline, *self.observations)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Return what the model last said of itself."""
        return self.state.diagnosis

    @property
    def recommended(self) -> Recommendation | None:
        """Return the best design by the model's posterior mean."""
        return self.state.recommended

    @property
    def main(self) -> Objective:
        """Return the first objective."""
        return self.campaign.objectives[0]

    @property
    def main_metric(self) -> str:
        """Return the first objective's metric as observations name it."""
        return self.campaign.metric_key(self.main)

    def metric(self, objective: Objective) -> tuple[str, Label]:
        """Return an objective's metric key and label."""
        key = self.campaign.metric_key(objective)
        return key, metric_label(key)

    def finished(self, fidelity: str) -> tuple[Observation, ...]:
        """Return the search results with metrics at one level."""
        found = searched(self.state, fidelity)
        return tuple(one for one in found if not one.is_failed)

    def baseline_at(self, fidelity: str) -> Observation | None:
        """Return the baseline's result at one level, where it has one."""
        for one in self.baseline:
            if one.job.fidelity == fidelity and not one.is_failed:
                return one
        return None

    def scatter(self, metric: str, fidelity: str) -> Scatter | None:
        """Return the pooled scatter of a metric at a level, baseline volumes included."""
        return pooled_scatter(self.everything, metric, fidelity)

    def parameters(self) -> list[tuple[str, Label]]:
        """Return every varied name with its label, in file order."""
        return [(name, parameter_label(name)) for name in self.campaign.design.names]

    def place(self, fidelity: str) -> int:
        """Return a level's place among the campaign's levels."""
        return [level.name for level in self.campaign.fidelities].index(fidelity)
