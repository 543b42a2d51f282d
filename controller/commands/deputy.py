"""``cellwright deputy``: have somebody decide in an approver's stead for a time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from controller import wiring
from controller.build_orders import Deputise, order_of
from controller.commands.decision_options import (
    asked_campaign,
    decision_options,
    have_it_done,
    token_owner,
)
from controller.deputies import require_could_decide
from controller.people.register import open_people
from experiments.errors import Invalid


@click.command()
@click.argument("person")
@click.option("--by", "deputy", default=None, metavar="NAME", help="Who decides instead.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    metavar="DATE",
    help="The last day of the lab on which they do, as 2026-12-04.",
)
@click.option("--back", is_flag=True, help="PERSON is back: nobody decides in their stead.")
@decision_options
@click.pass_context
def command(
    ctx: click.Context,
    person: str,
    *,
    deputy: str | None,
    until: datetime | None,
    back: bool,
    campaign: str | None,
    text: str,
    token_file: Path | None,
    own_home: Path | None,
) -> int:
    """Have somebody decide in the stead of PERSON, an approver of CAMPAIGN, until a day is over.

    An approver names their own deputy, an admin anybody's. A deputy needs the approver's role, and
    the two have one voice: where two approvers are needed, they are one.
    """
    if back == (deputy is not None) or (deputy is None) != (until is None):
        raise Invalid("either --by NAME --until DATE, or --back")
    home, state = asked_campaign(ctx, own_home, campaign)
    by = token_owner(home, token_file)
    if deputy is not None:
        people = open_people(home.path, wiring.clock())
        try:
            require_could_decide(people.accounts, deputy, state.campaign.name)
        finally:
            people.close()
    order = order_of(
        Deputise,
        campaign=state.campaign.name,
        person=person,
        deputy=deputy,
        until=None if until is None else until.date(),
        by=by,
        text=text,
    )
    return have_it_done(home, order)
