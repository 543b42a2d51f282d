"""An edited build is held at once to what the instrument said it can make and has in stock.

It is checked again before it is sent, by what the instrument says then.
"""

from __future__ import annotations

from controller.authority import no
from controller.proposal_events import Edited
from controller.state import State
from experiments.build import BuildPayload, BuildRequest, DecisionReference
from experiments.capabilities import Capabilities


def within_limits(state: State, edited: Edited, told: Capabilities | None) -> Edited:
    """Return an edit with what the instrument said of itself.

    ``told`` is what it says now; None: it does not answer, and what it said when the version before
    was made counts. Raises ``Rejected`` (``over_limits``) naming every limit that would be crossed.
    """
    proposal = edited.proposal
    counts = told or state.proposals[proposal.id].proposal.told
    if counts is None:
        return edited
    from instruments.limits import check

    refusals = check(unsigned(proposal.request), counts)
    if refusals:
        listed = "; ".join(str(one) for one in refusals)
        raise no("over_limits", f"{proposal.instrument} cannot make it: {listed}")
    return edited.model_copy(update={"proposal": proposal.model_copy(update={"told": counts})})


def unsigned(request: BuildRequest) -> BuildPayload:
    """Return a payload to hold against limits, before anybody decided."""
    nobody = DecisionReference(proposal_id="p0", digest=request.digest, person="nobody")
    return BuildPayload(request=request, decision=nobody)
