"""What the commands that give orders have in common: a campaign, a reason, a home."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from controller.cli import chosen_home, home_option
from controller.commands.decision_options import (
    chosen_service,
    service_desk,
    service_option,
    token_option,
)
from controller.desk import HomeOrderDesk
from controller.home import Home
from controller.operate import operate
from controller.order import Order
from controller.stored_campaign import find_campaign, read_campaign
from controller.trace import find_job


def order_options(command: Any) -> Any:
    """Let a command take CAMPAIGN, ``--reason`` and ``--home``."""
    reason = click.option(
        "--reason", default="", metavar="TEXT", help="Why; kept in the journal, shown to others."
    )
    return click.argument("campaign", required=False)(reason(home_option(command)))


def at_order_desk(command: Callable[..., str]) -> Any:
    """Give a command its ``desk``, in a home here or at a ``--service``, and print its answer."""

    def ordered(
        ctx: click.Context,
        campaign: str | None,
        own_home: Path | None,
        service: str | None,
        token_file: Path | None,
        **options: Any,
    ) -> int:
        address = chosen_service(ctx, service, own_home)
        if address is None:
            home, name = found_campaign(ctx, own_home, campaign)
            click.echo(command(HomeOrderDesk(home, name), **options))
        else:
            with service_desk(address, token_file, campaign) as desk:
                click.echo(command(desk, **options))
        return 0

    passed: Any = functools.update_wrapper(ordered, command)
    return order_options(service_option(token_option(click.pass_context(passed))))


def found_campaign(
    ctx: click.Context, own_home: Path | None, campaign: str | None
) -> tuple[Home, str]:
    """Return the home and the name of the campaign asked for; the home's only one by default."""
    return find_campaign(chosen_home(ctx, own_home), campaign)


def found_job(
    ctx: click.Context, own_home: Path | None, campaign: str, observation: str
) -> tuple[Home, str, str]:
    """Return the home, the campaign's name, and the id of the job asked for."""
    stored = read_campaign(chosen_home(ctx, own_home), campaign)
    return stored.home, stored.state.campaign.name, find_job(stored.state, observation)


def give(home: Home, order: Order) -> int:
    """Have the order carried out and say what came of it."""
    click.echo(operate(home, order))
    return 0
