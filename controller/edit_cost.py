"""What an edited build costs, and whether the budget of the campaign still holds it."""

from __future__ import annotations

from controller.authority import no
from controller.budget import kept_by_proposals, lab_used, of_build
from controller.proposal_events import Edited
from controller.state import State
from experiments.budget import CURRENCIES


def priced(state: State, edited: Edited) -> Edited:
    """Return an edit with the money and channel-days of as many cells as it asks for.

    Raises ``Rejected`` (``over_budget``) where it takes more than before and more than is left.
    What the instrument can make is checked before anything is sent.
    """
    proposal = edited.proposal
    before = state.proposals[proposal.id].proposal.request.n_cells
    takes = of_build(state.campaign, proposal.request.n_cells)
    took = of_build(state.campaign, before)
    for currency, amount in takes.items():
        limit = getattr(state.campaign.budget, currency)
        if limit is None or amount <= took[currency]:
            continue
        kept = kept_by_proposals(state, currency) - took[currency]
        left = limit - lab_used(state, currency) - kept
        if amount > left * (1 + 1e-9):  # rounding of sums
            raise no(
                "over_budget",
                f"{proposal.id} with {proposal.request.n_cells} cells takes {amount:g} "
                f"{CURRENCIES[currency]}; {max(left, 0.0):g} of {limit:g} are left",
            )
    if not takes:
        return edited
    cost = {"cost_EUR": takes["money_EUR"], "channel_days": takes["channel_days"]}
    return edited.model_copy(update={"proposal": proposal.model_copy(update=cost)})
