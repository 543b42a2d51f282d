"""What the commands that decide have in common: a person's token, and the desk it is for."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from controller import wiring
from controller.build_orders import BuildOrder
from controller.cli import chosen_home, home_option
from controller.desk import Desk, HomeDesk
from controller.home import Home
from controller.operate import operate
from controller.people.person import Person
from controller.people.register import open_people
from controller.service_desk import ServiceDesk, reach
from controller.state import State
from controller.stored_campaign import read_campaign
from experiments.errors import Invalid, NotAllowed, NotSignedIn, Rejected

VARIABLE: Final = "CELLWRIGHT_TOKEN"
SERVICE: Final = "CELLWRIGHT_SERVICE"
_MOST_BYTES: Final = 4096

token_option = click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help=f"File with your personal token. Default: ${VARIABLE}.",
)
service_option = click.option(
    "--service",
    metavar="URL",
    envvar=SERVICE,
    default=None,
    help=f"Decide at a service (cellwright serve) instead of in a home here. Default: ${SERVICE}.",
)


def decision_options(command: Any) -> Any:
    """Let a command take CAMPAIGN, ``--text``, ``--token-file`` and ``--home``."""
    text = click.option("--text", default="", metavar="TEXT", help="Why, in your words; kept.")
    return click.argument("campaign", required=False)(text(token_option(home_option(command))))


def at_desk(command: Callable[..., str]) -> Any:
    """Give a command its ``desk``, in a home here or at a ``--service``, and print its answer."""

    def decided(
        ctx: click.Context,
        *arguments: Any,
        campaign: str | None,
        token_file: Path | None,
        own_home: Path | None,
        service: str | None,
        **options: Any,
    ) -> int:
        with _refused_in_words(), _desk(ctx, campaign, token_file, own_home, service) as desk:
            click.echo(command(desk, *arguments, **options))
        return 0

    passed: Any = functools.update_wrapper(decided, command)
    return decision_options(service_option(click.pass_context(passed)))


@contextmanager
def service_desk(
    service: str, token_file: Path | None, campaign: str | None
) -> Iterator[ServiceDesk]:
    """Give the desk of a service, for as long as it is needed."""
    with _refused_in_words(), reach(service, _token(token_file)) as client:
        yield ServiceDesk(client, campaign)


@contextmanager
def _desk(
    ctx: click.Context,
    campaign: str | None,
    token_file: Path | None,
    own_home: Path | None,
    service: str | None,
) -> Iterator[Desk]:
    if (address := chosen_service(ctx, service, own_home)) is not None:
        with service_desk(address, token_file, campaign) as found:
            yield found
    else:
        home, state = asked_campaign(ctx, own_home, campaign)
        yield HomeDesk(home, state, token_owner(home, token_file))


def chosen_service(ctx: click.Context, service: str | None, own_home: Path | None) -> str | None:
    """Return the service to go to; a home named on the command line counts before the variable.

    Raises ``Invalid`` where the command line names both.
    """
    if service is None or own_home is None:
        return service
    if ctx.get_parameter_source("service") is ParameterSource.COMMANDLINE:
        raise Invalid("--home or --service, not both")
    return None


@contextmanager
def _refused_in_words() -> Iterator[None]:
    """Tell a refusal as wrong input, for that is what it is to whoever typed it."""
    try:
        yield
    except (Rejected, NotAllowed, NotSignedIn) as error:
        raise Invalid(error.message) from error


def asked_campaign(
    ctx: click.Context, own_home: Path | None, campaign: str | None
) -> tuple[Home, State]:
    """Return the home and the campaign asked for; the home's only one by default."""
    stored = read_campaign(chosen_home(ctx, own_home), campaign)
    return stored.home, stored.state


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
    with _refused_in_words():
        click.echo(operate(home, order))
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
