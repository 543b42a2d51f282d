"""``cellwright audit``: who decided what, from a journal whose chain was checked.

``cellwright audit generator`` is the other thing that can be audited.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from controller import wiring
from controller.audit import audit_lines
from controller.audit_anchor import AnchorFile, anchor_file
from controller.audit_comparison import Comparison, compared_with_file, compared_with_run
from controller.cli import chosen_home, home_option
from controller.commands.audit_generator import command as audit_generator
from controller.home import Home
from controller.journal import JournalReader
from controller.stored_campaign import read_campaign
from controller.tracking_address import tracking_address


class _Audit(click.Group):
    """Audit the journal where nothing else is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``journal`` before arguments that name no other thing to audit."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["journal", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Audit)
def command() -> None:
    """Audit the journal of CAMPAIGN, or a learned generator.

    ``cellwright audit [CAMPAIGN]`` is short for ``cellwright audit journal [CAMPAIGN]``.
    """


command.add_command(audit_generator, "generator")


@command.command()
@click.argument("campaign", required=False)
@click.option(
    "--anchors",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of anchors to compare with. Default: what the environment or the home names.",
)
@click.option("--mlflow", "asks_mlflow", is_flag=True, help="Compare with the MLflow run too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@home_option
@click.pass_context
def journal(
    ctx: click.Context,
    campaign: str | None,
    *,
    anchors: Path | None,
    asks_mlflow: bool,
    as_json: bool,
    own_home: Path | None,
) -> int:
    """Check the whole journal and print every decision of people about CAMPAIGN.

    A journal in which anything was changed, put in or left out ends with status 3 and the place.
    The last line names the end of the chain: kept elsewhere, it proves later that nothing before it
    was changed.
    """
    stored = read_campaign(chosen_home(ctx, own_home), campaign)
    name = stored.state.campaign.name
    with JournalReader(stored.home.journal) as journal:
        tip = journal.verify()
        file = AnchorFile(anchors) if anchors else anchor_file(stored.home.path)
        outside = [compared_with_file(journal, file, stored.home.path)] if file else []
        if asks_mlflow:
            outside.append(_compared_with_mlflow(journal, stored.home, name))
        lines = list(audit_lines(journal.read(name)))
    if as_json:
        document = {
            "campaign": name,
            "position": tip.position,
            "hash": tip.hash,
            "anchors": [one.model_dump(mode="json") | {"words": one.words} for one in outside],
            "decisions": [one.model_dump(mode="json") for one in lines],
        }
        click.echo(json.dumps(document, indent=2))
        return 0
    for one in lines:
        who = one.person or "nobody"
        proof = f" ({', '.join(one.roles)}; {one.sign_in})" if one.sign_in else ""
        why = "".join(f": {text}" for text in (one.reason, one.text) if text)
        on = f" on {one.digest[:16]}" if one.digest else ""
        click.echo(
            f"{one.position:>7}  {one.at:.19}  {who}{proof}  {one.what} {one.subject}{on}{why}"
        )
    click.echo(f"checked {tip.position} events; the chain ends with {tip.hash}", err=True)
    for words in [one.words for one in outside] or [
        "no anchor outside was compared: whoever can write the home could have made another chain"
    ]:
        click.echo(words, err=True)
    return 0


def _compared_with_mlflow(journal: JournalReader, home: Home, campaign: str) -> Comparison:
    """Say how far the run's anchor holds. Raises ``Rejected`` where it does not."""
    address = tracking_address(None, os.environ, home.path, campaign)
    found = wiring.tracked_anchor(campaign, address)
    return compared_with_run(journal, found, campaign, lies_in_home=address.lies_in(home.path))
