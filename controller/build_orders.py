"""Orders about proposals and builds, each with the person who gives it; and what they come to.

Whoever passes one on has asked the person for a token or a password, and may only be the owner of
the home: the socket lets in nobody else. What the person may do is checked here, by the same rules
whichever way the order came.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import Field, ValidationError

from controller.clock import Clock
from controller.decisions import decide_proposal, edit_proposal, withdraw_proposal
from controller.deputies import name_deputy
from controller.edit_cost import priced
from controller.edit_limits import within_limits
from controller.edit_score import given_up_words, rescored
from controller.events import Event
from controller.people.person import Person, PersonName
from controller.proposal_events import Edited, FirstApproved
from controller.settling import Outcome, settle_build
from controller.state import State
from experiments.build import BUILD_ID_PATTERN, BuildRequest
from experiments.capabilities import Capabilities
from experiments.errors import Invalid
from experiments.frozen import Frozen
from experiments.proposal import PROPOSAL_ID_PATTERN, Proposal, RejectionReason, Verdict
from experiments.ranking import Scores

Campaign = Annotated[str, Field(min_length=1, max_length=100)]
ProposalId = Annotated[str, Field(pattern=PROPOSAL_ID_PATTERN)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(max_length=2000)]


class Decide(Frozen):
    """Approve or reject exactly what was shown."""

    kind: Literal["decide"] = "decide"
    campaign: Campaign
    proposal_id: ProposalId
    digest: Digest
    verdict: Verdict
    by: Person
    reason: RejectionReason | None = None
    text: Text = ""


class Edit(Frozen):
    """Ask for something else to be built: a new version, on which nobody has decided."""

    kind: Literal["edit"] = "edit"
    campaign: Campaign
    proposal_id: ProposalId
    digest: Digest
    request: BuildRequest
    by: Person
    text: Text = ""


class TryEdit(Frozen):
    """Show what an edit would come to; nothing is stored."""

    kind: Literal["try_edit"] = "try_edit"
    campaign: Campaign
    proposal_id: ProposalId
    digest: Digest
    request: BuildRequest
    by: Person
    text: Text = ""


class Withdraw(Frozen):
    """Take an approval back before anything was sent."""

    kind: Literal["withdraw"] = "withdraw"
    campaign: Campaign
    proposal_id: ProposalId
    digest: Digest
    by: Person
    text: Text = ""


class Settle(Frozen):
    """Say what became of a build whose outcome nobody knows."""

    kind: Literal["settle"] = "settle"
    campaign: Campaign
    build_id: Annotated[str, Field(pattern=BUILD_ID_PATTERN)]
    outcome: Outcome
    by: Person
    text: Text = ""


class Deputise(Frozen):
    """Have somebody decide in an approver's stead until the end of a day, or nobody any more."""

    kind: Literal["deputise"] = "deputise"
    campaign: Campaign
    person: PersonName
    deputy: PersonName | None
    until: date | None = None
    by: Person
    text: Text = ""


BuildOrder = Decide | Edit | TryEdit | Withdraw | Settle | Deputise
Order = TypeVar("Order", Decide, Edit, TryEdit, Withdraw, Settle, Deputise)


def order_of(kind: type[Order], **given: Any) -> Order:
    """Return an order of what somebody typed. Raises ``Invalid``: one line, the first complaint."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"{place}: {first['msg']}" if place else first["msg"]) from None


class Occasion(NamedTuple):
    """What an order about builds needs from outside: the time, and an id nobody used."""

    now: datetime
    build_id: str
    capabilities: Capabilities | None = None
    """What the instrument says it can make; None: it does not answer."""
    scores: Scores | None = None
    """Of what the decider asked for, and of what a person wants instead."""
    unscored: str = ""
    """Why there are none."""


def occasion(clock: Clock) -> Occasion:
    """Return what an order about builds needs now."""
    return Occasion(clock.now(), new_build_id())


def new_build_id() -> str:
    """Return an id that no build ever had: 64 random bits."""
    return f"b-{secrets.token_hex(8)}"


class Obeyed(NamedTuple):
    """What an order comes to."""

    events: tuple[Event, ...]
    words: str
    """What to tell the person."""
    proposal: Proposal | None = None
    """What an edit that was only tried would make of it."""


def events_of(order: BuildOrder, state: State, at: Occasion) -> Obeyed:
    """Return what an order comes to. Raises ``Rejected``."""
    match order:
        case Decide():
            decided = decide_proposal(
                state,
                order.proposal_id,
                order.digest,
                order.verdict,
                order.by,
                now=at.now,
                build_id=at.build_id,
                reason=order.reason,
                text=order.text,
            )
            if order.verdict == "rejected":
                return Obeyed(decided, f"{order.proposal_id} is rejected")
            if isinstance(decided[0], FirstApproved):
                why = "; ".join(decided[0].because)
                return Obeyed(
                    decided, f"{order.proposal_id} needs a second approver, because {why}"
                )
            return Obeyed(
                decided, f"{order.proposal_id} is approved and becomes build {at.build_id}"
            )
        case Edit():
            edited = edited_by(order, state, at)
            version = edited.proposal.version
            told = f"{order.proposal_id} is at version {version}; it waits for a decision"
            words = given_up_words(edited.proposal)
            return Obeyed((edited,), f"{told}; {words}" if words else told)
        case TryEdit():
            tried = edited_by(order, state, at).proposal
            words = given_up_words(tried) or "the same design as before"
            return Obeyed(
                (), f"nothing is stored; {order.proposal_id} would become this: {words}", tried
            )
        case Withdraw():
            withdrawn = withdraw_proposal(
                state, order.proposal_id, order.digest, order.by, now=at.now, text=order.text
            )
            return Obeyed(withdrawn, f"the approval of {order.proposal_id} is withdrawn")
        case Settle():
            settled = settle_build(
                state, order.build_id, order.outcome, order.by, now=at.now, text=order.text
            )
            return Obeyed(settled, f"build {order.build_id}: {order.outcome.replace('_', ' ')}")
        case Deputise():
            named = name_deputy(
                state,
                order.person,
                order.deputy,
                order.until,
                order.by,
                now=at.now,
                text=order.text,
            )
            if order.deputy is None:
                return Obeyed(named, f"nobody decides in {order.person}'s stead any more")
            needs = "they need the approver's role, as cellwright users role gives it"
            words = f"{order.deputy} decides in {order.person}'s stead until {order.until}; {needs}"
            return Obeyed(named, words)


def edited_by(order: Edit | TryEdit, state: State, at: Occasion) -> Edited:
    """Return an edit within every limit, priced and scored. Raises ``Rejected``."""
    (asked,) = edit_proposal(
        state,
        order.proposal_id,
        order.digest,
        order.request,
        order.by,
        now=at.now,
        text=order.text,
    )
    held = within_limits(state, priced(state, asked), at.capabilities)
    return rescored(state, held, at.scores, at.unscored)
