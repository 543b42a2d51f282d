"""``cellwright track``: the journal as MLflow runs, brought up to date or made from nothing."""

from __future__ import annotations

import os
from pathlib import Path

import click

from controller import wiring
from controller.cli import FAILED, chosen_home, home_option
from controller.home import existing_home
from controller.journal import JournalReader
from controller.tracking_address import VARIABLE, tracking_address, without_secrets
from experiments.errors import HomeInUse, Invalid


@click.command()
@click.argument("campaign")
@click.option(
    "--to",
    "uri",
    metavar="URI",
    help=f"The MLflow store. Default: ${VARIABLE}, else the home's own.",
)
@click.option(
    "--rebuild",
    is_flag=True,
    help="Delete the campaign's runs there first, and make all of them anew.",
)
@home_option
@click.pass_context
def command(
    ctx: click.Context, campaign: str, *, uri: str | None, rebuild: bool, own_home: Path | None
) -> int:
    """Write what is missing of CAMPAIGN's runs into an MLflow store; nothing is made twice.

    The runs hold nothing that the journal does not: they can be deleted and made again at any time.
    """  # fmt: skip
    home = existing_home(chosen_home(ctx, own_home))
    address = tracking_address(uri, os.environ, home.path, campaign)
    holder = home.holder()
    if holder is not None:
        raise HomeInUse(
            f"{home.path} is in use by process {holder}, which keeps the runs up to date itself; "
            "stop it first (cellwright drain), or copy the home",
            pid=holder,
        )
    with JournalReader(home.journal) as journal:
        if campaign not in journal.campaigns():
            allowed = ", ".join(journal.campaigns()) or "none"
            raise Invalid(f"{home.path} holds no campaign {campaign!r}; it holds: {allowed}")
        projector = wiring.projector(home, campaign, address)
        try:
            projector.start()
            n_deleted = projector.forget() if rebuild else 0
            projector.catch_up(journal)
        except Exception as error:  # noqa: BLE001 - whatever a store answers, in one line
            told = without_secrets(f"{type(error).__name__}: {error}").splitlines()[0]
            click.echo(f"cellwright: the MLflow store did not take the runs: {told}", err=True)
            return FAILED
        finally:
            projector.close()
    anew = f" ({n_deleted} older ones deleted)" if rebuild else ""
    click.echo(f"the runs of {campaign} are up to date{anew}", err=True)
    return 0
