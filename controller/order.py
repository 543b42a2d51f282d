"""What a person may tell a running campaign, and what control answers: one JSON line each."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, FiniteFloat, TypeAdapter, ValidationError

from controller.build_orders import BuildOrder
from controller.events import UpgradeChoice
from controller.snapshot import Snapshot
from experiments.errors import CellwrightError, Invalid, Rejected
from experiments.frozen import Frozen
from experiments.proposal import Proposal

MAX_LINE_BYTES: Final = 64 * 1024

CampaignName = Annotated[str, Field(min_length=1, max_length=100)]
Reason = Annotated[str, Field(max_length=500)]
WhyNot = Annotated[str, Field(min_length=1, max_length=500)]
JobId = Annotated[str, Field(min_length=1, max_length=64)]
GivenBy = Annotated[str, Field(max_length=40)]
"""The person on whose behalf the home's owner gives the order; empty for the owner themselves."""


class Pause(Frozen):
    """Dispatch nothing more; what runs finishes."""

    kind: Literal["pause"] = "pause"
    campaign: CampaignName
    reason: Reason = ""
    person: GivenBy = ""


class Resume(Frozen):
    """Lift a pause."""

    kind: Literal["resume"] = "resume"
    campaign: CampaignName
    reason: Reason = ""
    person: GivenBy = ""


class Drain(Frozen):
    """Dispatch nothing more, let what runs finish, then end the session in good order."""

    kind: Literal["drain"] = "drain"
    campaign: CampaignName
    reason: Reason = ""
    person: GivenBy = ""


class Abort(Frozen):
    """End the campaign for good; what runs is cancelled."""

    kind: Literal["abort"] = "abort"
    campaign: CampaignName
    reason: Reason = ""
    person: GivenBy = ""


class SettleUpgrade(Frozen):
    """Say what becomes of results that earlier versions made."""

    kind: Literal["upgrade"] = "upgrade"
    campaign: CampaignName
    choice: UpgradeChoice
    reason: Reason = ""
    person: GivenBy = ""


class SetPriority(Frozen):
    """Use at most so much of the workers, in percent."""

    kind: Literal["priority"] = "priority"
    campaign: CampaignName
    share_pct: int = Field(ge=1, le=100)
    reason: Reason = ""
    person: GivenBy = ""


class Retract(Frozen):
    """Take a result back: nothing learns from it any more."""

    kind: Literal["retract"] = "retract"
    campaign: CampaignName
    job_id: JobId
    reason: WhyNot
    person: GivenBy = ""


class Correct(Frozen):
    """Put one metric of a result right."""

    kind: Literal["correct"] = "correct"
    campaign: CampaignName
    job_id: JobId
    metric: Annotated[str, Field(min_length=1, max_length=200)]
    value: FiniteFloat
    reason: WhyNot
    person: GivenBy = ""


class Recycle(Frozen):
    """Replace compute by a fresh one, in good order."""

    kind: Literal["recycle"] = "recycle"
    campaign: CampaignName
    reason: Reason = ""
    person: GivenBy = ""


class Look(Frozen):
    """Show the moment; answered by ``Seen``, and only where the campaign is being worked on."""

    kind: Literal["look"] = "look"
    campaign: CampaignName


Order = Annotated[
    Pause
    | Resume
    | Drain
    | Abort
    | SettleUpgrade
    | SetPriority
    | Retract
    | Correct
    | Recycle
    | BuildOrder
    | Look,
    Field(discriminator="kind"),
]


class Done(Frozen):
    """The order is carried out, and stored where it changes anything."""

    kind: Literal["done"] = "done"
    message: str
    proposal: Proposal | None = None
    """What an edit that was only tried would make of it."""


class Refused(Frozen):
    """The order is not carried out."""

    kind: Literal["refused"] = "refused"
    message: str
    reason: str = ""
    """In one word, where the rules of proposals and builds refuse it: ``stale``, ``decided``, …"""


class Seen(Frozen):
    """The moment that was asked for."""

    kind: Literal["seen"] = "seen"
    snapshot: Snapshot


BUSY: Final = "busy"
"""The reason of what is refused only because too much is under way."""

Answer = Annotated[Done | Refused | Seen, Field(discriminator="kind")]

_ORDER: TypeAdapter[Order] = TypeAdapter(Order)
_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


def giver(order: Order, user: str) -> str:
    """Return who gave an order that a user of this machine passed on."""
    if isinstance(order, BuildOrder):
        return order.by.name
    return user if isinstance(order, Look) else order.person or user


def refused(error: CellwrightError) -> Refused:
    """Return an error as the answer to an order. Raises it again where it is none of the order's.

    The journal raises ``Rejected`` too; only the rules of builds give a reason with it.
    """
    if isinstance(error, Rejected) and "reason" not in error.evidence:
        raise error
    return Refused(message=error.message, reason=str(error.evidence.get("reason", "")))


def encode_line(message: Frozen) -> bytes:
    """Return the message as one line."""
    return message.model_dump_json().encode() + b"\n"


def decode_order(line: bytes) -> Order:
    """Read one line of a client. Raises ``Invalid`` with the first thing that is wrong."""
    try:
        return _ORDER.validate_json(line)
    except ValidationError as error:
        raise Invalid(f"not an order: {_first(error)}") from error


def decode_answer(line: bytes) -> Answer:
    """Read one line of control. Raises ``Invalid``."""
    try:
        return _ANSWER.validate_json(line)
    except ValidationError as error:
        raise Invalid(f"control answered with an unreadable line: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
