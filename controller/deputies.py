"""Deputies: an approver who is away, or an admin, has somebody decide in their stead for a time.

A deputy needs the approver's role, and has the approver's one voice: the two of them are not two
where two are needed, and what either of them edited neither approves alone. A deputy is so for one
approver at a time.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from controller.authority import no, require_may, signatory
from controller.people.accounts import Accounts
from controller.people.permission import Action, may
from controller.people.person import Method, Person, Role
from controller.proposal_events import Deputised
from controller.state import State
from experiments.errors import Invalid

LONGEST: Final = timedelta(days=60)
"""How long one may be named for. Assumed: who is away longer is replaced in the campaign file."""


def name_deputy(
    state: State,
    person: str,
    deputy: str | None,
    until: date | None,
    by: Person,
    *,
    now: datetime,
    text: str = "",
) -> tuple[Deputised]:
    """Return that somebody decides in an approver's stead until the end of a day of the lab.

    No deputy: whoever was named is not any more. Raises ``Rejected``.
    """
    require_may(state, by, Action.deputise)
    approval, name = state.campaign.approval, state.campaign.name
    if person not in approval.approvers:
        listed = ", ".join(approval.approvers) or "nobody"
        raise no("not_allowed", f"{person} is no approver of {name}; they are: {listed}")
    is_admin = Role.admin in by.roles_in(name)
    if by.name != person and not is_admin:
        raise no("not_allowed", f"{by.name} may name a deputy for themselves; an admin for others")
    if by.name == person and not is_admin and not may(by, name, Action.decide):
        raise no("not_allowed", f"{by.name} may not decide here, and so gives nothing on")
    if by.name == deputy:
        raise no("not_allowed", f"{by.name} may name somebody else than themselves")
    ends = now
    if deputy is not None:
        ends = _end(state, person, deputy, until, now)
    return (
        Deputised(
            person=person,
            deputy=deputy,
            until=ends.isoformat(),
            by=signatory(state, by),
            at=now.isoformat(),
            text=text,
        ),
    )


def require_could_decide(accounts: Accounts, name: str, campaign: str) -> None:
    """Raise ``Invalid`` where nobody of that name has the approver's role, which a deputy needs."""
    if not may(accounts.person(name, Method.token), campaign, Action.decide):
        raise Invalid(
            f"{name} cannot decide about {campaign}: a deputy needs the approver's role, as "
            "cellwright users role gives it"
        )


def _end(state: State, person: str, deputy: str, until: date | None, now: datetime) -> datetime:
    """Return when a deputy's time ends. Raises ``Rejected`` for one who cannot be one."""
    approval = state.campaign.approval
    if deputy in approval.approvers:
        raise no("not_allowed", f"{deputy} may decide anyway, and has one voice")
    for other, named in state.deputies.items():
        if other != person and named.name == deputy and named.is_in_force(now):
            ended = f"until {named.until[:10]}"
            raise no("not_allowed", f"{deputy} decides in {other}'s stead {ended}, with one voice")
    if until is None:
        raise no("needs_until", "a deputy is named until a day: until: 2026-12-04")
    first, last = approval.last_day(now + timedelta(seconds=1)), approval.last_day(now + LONGEST)
    last -= timedelta(days=approval.end_of(last) > now + LONGEST)
    if not first <= until <= last:
        raise no("out_of_range", f"until: {until} is out of range; allowed: from {first} to {last}")
    return approval.end_of(until)
