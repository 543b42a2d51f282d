"""``cellwright edit``: ask for other values than a proposal's, or see first what that comes to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from controller.build_orders import Edit, TryEdit, order_of
from controller.commands.decision_options import (
    asked_campaign,
    decision_options,
    have_it_done,
    token_owner,
)
from controller.desk import shown_version
from controller.edit_score import given_up_words
from controller.edited_request import edited_request, values_of
from controller.label import metric_label
from controller.operate import tried
from controller.quantity import three, with_interval
from experiments.errors import Invalid, Rejected
from experiments.proposal import Proposal


@click.command()
@click.argument("version")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value of the design, as --set positive.thickness_um=80; what is not named stays.",
)
@click.option("--cells", "n_cells", type=int, default=None, help="Cells of the build.")
@click.option("--try", "is_trial", is_flag=True, help="Show what it comes to, and store nothing.")
@decision_options
@click.pass_context
def command(
    ctx: click.Context,
    version: str,
    *,
    assignments: tuple[str, ...],
    n_cells: int | None,
    is_trial: bool,
    campaign: str | None,
    text: str,
    token_file: Path | None,
    own_home: Path | None,
) -> int:
    """Have something else built than VERSION (p3@1a2b3c4d, as cellwright pending shows it) says.

    The edit is held to the instrument's limits and put to the model that proposed the build; what
    it predicts, and what is given up, is kept with the new version, on which nobody decided yet.
    """
    home, state = asked_campaign(ctx, own_home, campaign)
    person = token_owner(home, token_file)
    proposal_id, digest = shown_version(state, version)
    before = state.proposals[proposal_id].proposal.request
    texts = dict(_assigned(assignments, tuple(before.design.values)))
    asked: dict[str, Any] = {
        "campaign": state.campaign.name,
        "proposal_id": proposal_id,
        "digest": digest,
        "request": edited_request(state.campaign, before, values_of(before, texts), n_cells),
        "by": person,
        "text": text,
    }
    if not is_trial:
        return have_it_done(home, order_of(Edit, **asked))
    try:
        found = tried(home, order_of(TryEdit, **asked))
    except Rejected as error:
        raise Invalid(error.message) from error
    for name, words in _lines(found):
        click.echo(f"{name:<12}{words}")
    return 0


def _assigned(assignments: tuple[str, ...], known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for one in assignments:
        name, equals, value = one.partition("=")
        if not equals or not value:
            raise Invalid(f"--set {one}: NAME=VALUE, as positive.thickness_um=80")
        if name not in known:
            raise Invalid(
                f"--set {name[:60]}: not a value of the design; allowed: {', '.join(known)}"
            )
        yield name, value


def _lines(found: Proposal) -> Iterator[tuple[str, str]]:
    for key, one in found.predicted.items():
        label = metric_label(key)
        words = with_interval(one.mean, one.low, one.high, label.unit)
        yield "predicted", f"{label.text.lower()} {words}"
    if words := given_up_words(found):
        yield "the model", words
    if found.is_inside_data is False:
        yield "the model", "OUTSIDE the range of the data: it extrapolates"
    yield "takes", f"{three(found.cost_EUR)} EUR, {three(found.channel_days)} channel-days"
    limits = "never said what it can make" if found.told is None else "can make it"
    yield "limits", f"{found.instrument} {limits}"
    yield "stored", "nothing; without --try it becomes a new version that waits for a decision"
