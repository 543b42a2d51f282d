"""The campaign's stopping rules: which of them says that enough is known, and in what words."""

from __future__ import annotations

from typing import Final

from controller.state import State
from controller.tally import tally
from experiments.metrics import METRICS

FEWEST_AT_TARGET: Final = 5
"""Target evaluations with a result before a model's own word ends a campaign (assumed: one more
than the least from which its hyperparameters were seen to behave)."""
N_AGREEING: Final = 2
"""Rankings in a row that have to say so, each on more observations than the one before."""


def stop_reason(state: State) -> str:
    """Return why the campaign should stop before its budget is spent; empty where it should not."""
    stopping = state.campaign.stopping
    if not stopping.has_rules:
        return ""
    counted, target = tally(state), state.campaign.target
    if counted.n_searched[target] < state.campaign.budget.at_least.get(target, 0):
        return ""
    n_measured = counted.n_searched[target] - counted.n_failed[target]
    rules = []
    if stopping.plateau_evaluations is not None:
        rules.append("plateau" if counted.n_idle >= stopping.plateau_evaluations else "")
    if stopping.expected_gain_below is not None:
        gains = [outlook.prospect.expected_gain for outlook in state.outlooks]
        limit = stopping.expected_gain_below
        rules.append(_below(state, "expected gain", gains, limit, n_measured))
    if stopping.regret_below is not None:
        bounds = [outlook.prospect.regret_bound for outlook in state.outlooks]
        rules.append(_below(state, "regret bound", bounds, stopping.regret_below, n_measured))
    met = [rule for rule in rules if rule]
    is_enough = len(met) == len(rules) if stopping.require == "all" else bool(met)
    return " and ".join(met) if is_enough else ""


def _below(state: State, name: str, values: list[float], limit: float, n_measured: int) -> str:
    """Return the rule in words where the last values all lie below its limit."""
    if n_measured < FEWEST_AT_TARGET or len(values) < N_AGREEING or max(values) >= limit:
        return ""
    unit = METRICS[state.campaign.objectives[0].metric].unit
    return f"{name} of {values[-1]:.3g} {unit}, below {limit:g}"
