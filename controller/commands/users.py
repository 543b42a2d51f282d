"""``cellwright users``: people, their roles and their tokens; for the owner of the home."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from controller import wiring
from controller.cli import chosen_home, home_option
from controller.control_socket import user_name
from controller.home import make_home
from controller.people import People, Role, open_people
from controller.people.register import checked_campaign

_CAMPAIGN = click.option(
    "--campaign", default="*", show_default=True, metavar="NAME", help="* counts for all."
)


@click.group()
def command() -> None:
    """Add people and services, say what they may do, make and revoke their tokens.

    Whoever owns the home's files may do all of this; every change is kept with who made it.
    """


@command.command()
@click.argument("name")
@click.option("--service", "is_service", is_flag=True, help="A program: it can never approve.")
@click.option("--role", type=click.Choice([one.value for one in Role]), help="Its first role.")
@click.option("--no-password", is_flag=True, help="Tokens only; a password may follow.")
@_CAMPAIGN
@home_option
@click.pass_context
def add(
    ctx: click.Context,
    name: str,
    *,
    is_service: bool,
    role: str | None,
    no_password: bool,
    campaign: str,
    own_home: Path | None,
) -> None:
    """Add NAME; their password is asked for, or read from standard input."""
    checked_campaign(campaign)
    with _people(ctx, own_home) as (people, by):
        people.accounts.add(name, by=by, is_service=is_service)
        if role is not None:
            people.accounts.give_role(name, Role(role), campaign, by=by)
        if not is_service and not no_password:
            people.accounts.set_password(name, _password(), by=by)
    click.echo(f"added {name}" + (f", {role} of {campaign}" if role else ""))


@command.command()
@click.argument("name")
@home_option
@click.pass_context
def password(ctx: click.Context, name: str, own_home: Path | None) -> None:
    """Set the password of NAME, which ends their sessions."""
    with _people(ctx, own_home) as (people, by):
        people.accounts.set_password(name, _password(), by=by)
    click.echo(f"{name} has a new password")


@command.command()
@click.argument("name")
@click.argument("role", type=click.Choice([one.value for one in Role]))
@click.option("--remove", is_flag=True, help="Take the role away.")
@_CAMPAIGN
@home_option
@click.pass_context
def role(
    ctx: click.Context, name: str, role: str, *, remove: bool, campaign: str, own_home: Path | None
) -> None:
    """Make NAME a viewer, operator, approver or admin."""
    checked_campaign(campaign)
    with _people(ctx, own_home) as (people, by):
        change = people.accounts.take_role if remove else people.accounts.give_role
        change(name, Role(role), campaign, by=by)
    click.echo(f"{name} is {'no longer ' if remove else ''}{role} of {campaign}")


@command.command()
@click.argument("name")
@click.option("--days", type=int, default=90, show_default=True, help="How long it lasts.")
@click.option("--label", default="", metavar="TEXT", help="What it is for.")
@home_option
@click.pass_context
def token(ctx: click.Context, name: str, days: int, label: str, own_home: Path | None) -> None:
    """Make a token of NAME and print it: the only time that it is shown."""
    with _people(ctx, own_home) as (people, by):
        made = people.tokens.make(name, days=days, label=label, by=by)
    click.echo(made.text)
    until = f"{made.record.expires_at:%Y-%m-%d}"
    click.echo(
        f"token {made.record.id} of {name}, until {until}; keep it: it is not kept here", err=True
    )


@command.command()
@click.argument("token_id")
@home_option
@click.pass_context
def revoke(ctx: click.Context, token_id: str, own_home: Path | None) -> None:
    """Make the token TOKEN_ID (users list shows it) worthless from now on."""
    with _people(ctx, own_home) as (people, by):
        gone = people.tokens.revoke(token_id, by=by)
    click.echo(f"token {gone.id} of {gone.owner} is revoked")


@command.command()
@click.argument("name")
@click.option("--enable", is_flag=True, help="Let a disabled account sign in again.")
@home_option
@click.pass_context
def disable(ctx: click.Context, name: str, *, enable: bool, own_home: Path | None) -> None:
    """Let NAME do nothing any more; what they did stays."""
    with _people(ctx, own_home) as (people, by):
        (people.accounts.enable if enable else people.accounts.disable)(name, by=by)
    click.echo(f"{name} is {'enabled' if enable else 'disabled'}")


@command.command("list")
@click.option("--changes", "with_changes", is_flag=True, help="Who changed what, instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@home_option
@click.pass_context
def list_(ctx: click.Context, *, with_changes: bool, as_json: bool, own_home: Path | None) -> None:
    """Show everyone with roles and tokens."""
    with _people(ctx, own_home) as (people, _):
        if with_changes:
            changes = [one._asdict() for one in people.accounts.changes()]
            lines = ["{at:.19}  {by}  {words}".format(**one) for one in changes]
            click.echo(json.dumps(changes, indent=2) if as_json else "\n".join(lines))
            return
        found = [_document(people, name.name) for name in people.accounts.everyone()]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for one in found:
        kind = "service" if one["is_service"] else "person"
        held = ", ".join(f"{r} of {c}" for c, rs in one["roles"].items() for r in rs) or "no role"
        click.echo(f"{one['name']:<16}{kind:<9}{held}{' (disabled)' if one['is_disabled'] else ''}")
        for token in one["tokens"]:
            state = "revoked" if token["revoked_at"] else f"until {token['expires_at'][:10]}"
            click.echo(f"  token {token['id']}  {state}  {token['label']}".rstrip())


def _document(people: People, name: str) -> dict[str, Any]:
    person = people.accounts.person(name)
    tokens = [one.model_dump(mode="json") for one in people.tokens.of(name)]
    roles = {c: sorted(r.value for r in held) for c, held in person.roles.items()}
    return {
        "name": name,
        "is_service": person.is_service,
        "is_disabled": person.is_disabled,
        "roles": roles,
        "tokens": tokens,
    }


@contextmanager
def _people(ctx: click.Context, own_home: Path | None) -> Iterator[tuple[People, str]]:
    """Open the register of the home asked for, with the name of whoever asks."""
    home = make_home(chosen_home(ctx, own_home))
    people = open_people(home.path, wiring.clock())
    try:
        yield people, user_name(os.getuid())
    finally:
        people.close()


def _password() -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    return sys.stdin.readline().rstrip("\n")
