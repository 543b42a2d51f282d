"""``cellwright audit``: who decided what, from a journal whose chain was checked.

``cellwright audit generator`` is the other thing that can be audited.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from controller.audit import audit_lines
from controller.cli import chosen_home, home_option
from controller.commands.audit_generator import command as audit_generator
from controller.journal import JournalReader
from controller.stored_campaign import read_campaign


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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@home_option
@click.pass_context
def journal(
    ctx: click.Context, campaign: str | None, *, as_json: bool, own_home: Path | None
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
        lines = list(audit_lines(journal.read(name)))
    if as_json:
        document = {
            "campaign": name,
            "position": tip.position,
            "hash": tip.hash,
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
    return 0
