"""Whether the budget still holds an approved build when it is about to be sent.

A campaign may be amended while a build waits. What was sent already is taken; a build that does not
fit beside it waits until the budget is raised or a person withdraws it. Hours are not asked: those
of machines a build takes none of, and those of working time end what is asked for, not what was
approved.
"""

from __future__ import annotations

import math
from dataclasses import replace

from controller.budget import allowance, of_build
from controller.proposals import BuildRecord
from controller.state import State
from experiments.budget import CURRENCIES

_ROUNDING = 1e-9


def over_budget(state: State, build: BuildRecord) -> str | None:
    """Return what of the budget a build would overrun, beside the builds that were sent before."""
    campaign = state.campaign
    sent = [
        one
        for one in state.builds.values()
        if one.epoch is not None and one.build.id != build.build.id
    ]
    n_sent = sum(one.fidelity == build.fidelity for one in sent)
    counted = replace(
        allowance(state),
        taken={**state.n_dispatched, build.fidelity: n_sent},
        purses={},
        wall_hours=0.0,
    )
    if not counted.admits(build.fidelity):
        total = campaign.budget.fine_equivalents
        if total is not None:
            taken = f"{counted.used:g} of the budget's {total:g} fine equivalents"
            return f"{taken} are taken or kept by now"
        allowed = campaign.budget.evaluations.get(build.fidelity, 0)
        return f"the budget allows {allowed} evaluations at {build.fidelity} by now"
    for currency, amount in of_build(campaign, build.build.n_cells).items():
        limit = getattr(campaign.budget, currency)
        if limit is None:
            continue
        used = math.fsum(of_build(campaign, one.build.n_cells)[currency] for one in sent)
        if used + amount > limit * (1 + _ROUNDING):
            left = max(limit - used, 0.0)
            unit = CURRENCIES[currency]
            return f"it takes {amount:g} {unit}; {left:g} of {limit:g} are left by now"
    return None
