"""What a build has to beat, and the simulation of its very design: one answer for every page."""

from __future__ import annotations

from controller.points import points_of
from controller.results import baseline_at, measured_best
from controller.state import State
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.fidelity import Fidelity
from experiments.observation import Observation


def incumbent(state: State) -> tuple[str, Observation] | None:
    """Return the best so far and its name.

    The best at the target; before there is one, the best at the finest simulated level that has
    one; before that, the baseline. Results of earlier campaigns and tables are none of it.
    """
    best = measured_best(state)
    if best is not None:
        return f"best at {state.campaign.target}", best
    levels = own_simulated(state.campaign)
    for level in levels:
        found = measured_best(state, level.name)
        if found is not None:
            return f"best at {level.name}", found
    for name in (state.campaign.target, *(level.name for level in levels)):
        today = baseline_at(state, name)
        if today is not None and not today.is_failed:
            return "baseline", today
    return None


def simulated_twin(state: State, design: Design) -> Observation | None:
    """Return the finest simulation of the very same design, where this campaign made one."""
    rank = {level.name: n for n, level in enumerate(own_simulated(state.campaign))}
    points = points_of(state)
    same = [state.observations[points.ids[place]] for place in points.of_design(design)]
    found = [one for one in same if not one.is_failed and one.job.fidelity in rank]
    return min(found, key=lambda one: rank[one.job.fidelity], default=None)


def own_simulated(campaign: Campaign) -> list[Fidelity]:
    """Return the levels that this campaign simulates itself, by the voxels solved, most first."""
    levels = [level for level in campaign.own_fidelities if isinstance(level, Fidelity)]
    return sorted(levels, key=lambda level: -(level.voxels**3) * level.volumes)
