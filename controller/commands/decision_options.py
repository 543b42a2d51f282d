"""What the commands that decide have in common: a person's token, and exactly one version."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Final

import click

from controller import wiring
from controller.build_orders import BuildOrder
from controller.cli import chosen_home, home_option
from controller.home import Home
from controller.open_proposal import waiting_proposal
from controller.operate import operate
from controller.people.person import Person
from controller.people.register import open_people
from controller.state import State
from controller.stored_campaign import read_campaign
from experiments.errors import Invalid, NotSignedIn, Rejected

VARIABLE: Final = "CELLWRIGHT_TOKEN"
_NAME: Final = re.compile(r"(p[1-9][0-9]{0,8})@([0-9a-f]{8,64})")
_MOST_BYTES: Final = 4096


def decision_options(command: Any) -> Any:
    """Let a command take CAMPAIGN, ``--text``, ``--token-file`` and ``--home``."""
    text = click.option("--text", default="", metavar="TEXT", help="Why, in your words; kept.")
    token = click.option(
        "--token-file",
        type=click.Path(path_type=Path, dir_okay=False),
        default=None,
        help=f"File with your personal token. Default: ${VARIABLE}.",
    )
    return click.argument("campaign", required=False)(text(token(home_option(command))))


def asked_campaign(
    ctx: click.Context, own_home: Path | None, campaign: str | None
) -> tuple[Home, State]:
    """Return the home and the campaign asked for; the home's only one by default."""
    stored = read_campaign(chosen_home(ctx, own_home), campaign)
    return stored.home, stored.state


def shown_version(state: State, name: str) -> tuple[str, str]:
    """Return proposal and whole digest of ``p3@1a2b3c4d``, as ``pending`` showed it.

    Raises ``Invalid`` where that version does not wait any more.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise Invalid(f"{name!r} is no version: p3@1a2b3c4d, as cellwright pending shows it")
    proposal_id, start = found.groups()
    record = state.proposals.get(proposal_id)
    digest = record.proposal.digest if record is not None else start
    if not digest.startswith(start):
        digest = start
    try:
        waiting_proposal(state, proposal_id, digest, wiring.clock().now())
    except Rejected as error:
        raise Invalid(error.message) from error
    return proposal_id, digest


def token_owner(home: Home, token_file: Path | None) -> Person:
    """Return whose token it is. Raises ``Invalid``; the token is never shown."""
    text = _token(token_file)
    people = open_people(home.path, wiring.clock())
    try:
        return people.authenticate_token(text)
    except NotSignedIn as error:
        raise Invalid(error.message) from error
    finally:
        people.close()


def have_it_done(home: Home, order: BuildOrder) -> int:
    """Carry an order out and say what came of it. Raises ``Invalid`` where the rules refuse it."""
    try:
        click.echo(operate(home, order))
    except Rejected as error:
        raise Invalid(error.message) from error
    return 0


def _token(token_file: Path | None) -> str:
    if token_file is None:
        text = os.environ.get(VARIABLE, "").strip()
        if not text:
            raise Invalid(
                f"deciding needs your personal token: ${VARIABLE} or --token-file FILE "
                "(cellwright users token makes one)"
            )
        return text
    try:
        with token_file.open("rb") as file:
            return file.read(_MOST_BYTES).decode("ascii", "replace").strip()
    except OSError as error:
        raise Invalid(f"{token_file}: {error.strerror}") from error
