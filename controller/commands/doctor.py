"""``cellwright doctor``: check what a campaign needs on this machine, and say what to do."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from controller.checks import Check, Verdict
from controller.cli import FAILED, chosen_home, home_option
from controller.health import all_checks

_WORD = {
    Verdict.ok: "[green]ok[/]",
    Verdict.note: "[yellow]note[/]",
    Verdict.wrong: "[red]wrong[/]",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@home_option
@click.pass_context
def command(ctx: click.Context, as_json: bool, own_home: object) -> int:
    """Check versions, GPU, Ray, SQLite and disk, and say what to do about each."""
    checks = all_checks(chosen_home(ctx, own_home))  # type: ignore[arg-type]
    if as_json:
        click.echo(json.dumps(_document(checks), indent=2))
    else:
        _show(checks)
    return FAILED if any(check.verdict is Verdict.wrong for check in checks) else 0


def _document(checks: list[Check]) -> dict[str, object]:
    return {
        "ok": all(check.verdict is not Verdict.wrong for check in checks),
        "checks": [
            {"name": c.name, "verdict": c.verdict.value, "found": c.found, "advice": c.advice}
            for c in checks
        ],
    }


def _show(checks: list[Check]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("check", "", "found", "what to do"):
        table.add_column(column)
    for check in checks:
        table.add_row(check.name, _WORD[check.verdict], check.found, check.advice or "")
    Console().print(table)
