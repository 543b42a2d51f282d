"""Who may approve a version: nobody their own alone, and nobody twice, in whoever's stead.

A deputy has the approver's one voice, and stays the same person in whoever's stead: two approvals
are of two only where they have neither a person nor a voice in common.
"""

from __future__ import annotations

from collections.abc import Sequence

from controller.authority import no
from controller.proposal_events import Signatory
from controller.proposals import ProposalRecord
from controller.state import State


def require_may_approve(
    state: State, record: ProposalRecord, who: Signatory, because: tuple[str, ...], text: str
) -> bool:
    """Return whether somebody approves what they, or those they stand in for, made a version of.

    They do so as the campaign's single approver, or beside one who made none where two are needed
    (``because`` says why), and with words for the record. Raises ``Rejected``.
    """
    proposal_id, is_own = record.proposal.id, bool(who.names & record.editors)
    if is_own:
        if not because and set(state.campaign.approval.approvers) != {who.voice}:
            raise no(
                "not_allowed", f"{who.person} made a version of {proposal_id}; another approves"
            )
        if not text.strip():
            raise no("needs_reason", f"approving one's own version of {proposal_id} needs a text")
    first = None if record.first_approval is None else record.first_approval.by
    if because and first is not None and (lack := lack_of_two(record, (first, who))):
        raise no("needs_second", lack)
    return is_own


def lack_of_two(record: ProposalRecord, signed: Sequence[Signatory]) -> str:
    """Return why approvals are not those of two people; empty where they are."""
    proposal_id = record.proposal.id
    if len(signed) < 2 or signed[0].names & signed[1].names:
        return f"{signed[0].person} approved {proposal_id} already; a second has to"
    if all(one.names & record.editors for one in signed):
        both = " and ".join(one.person for one in signed)
        return f"{both} both made versions of {proposal_id}; one who made none has to approve"
    return ""
