"""``cellwright audit generator``: how far a learned generator can be believed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from controller.report.sample_pictures import section_grid

if TYPE_CHECKING:
    from simulators.microstructure.generative.audit import Audit


@click.command()
@click.argument("model")
@click.option("--volumes", type=click.IntRange(3, 256), default=32, show_default=True)
@click.option("--voxels", type=click.IntRange(64, 512), default=128, show_default=True)
@click.option("--labels", "n_labels", type=click.IntRange(1), default=64, help="At most so many.")
@click.option(
    "--no-transport", is_flag=True, help="Leave tortuosity factors out, most of the time."
)
@click.option("--no-memorisation", is_flag=True, help="Leave the search for copies out.")
@click.option(
    "--pictures",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.png",
    help="Real sections beside generated ones. Default: MODEL's name in this folder.",
)
@click.option("--record", is_flag=True, help="Write the result into the model's card.")
@click.option("--threads", type=click.IntRange(1), help="Processor threads. Default: all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    model: str,
    volumes: int,
    voxels: int,
    n_labels: int,
    no_transport: bool,
    no_memorisation: bool,
    pictures: Path | None,
    record: bool,
    threads: int | None,
    as_json: bool,
) -> int:
    """Hold MODEL (a shipped name or a file) against fresh structures of its withheld labels."""
    from simulators.microstructure.generative.audit import AuditSize, audit_model, record_audit
    from simulators.microstructure.generative.device import prepare
    from simulators.microstructure.generative.learned_model import load_model, model_path

    n_threads = threads or len(os.sched_getaffinity(0))
    prepare("cpu", n_threads)
    loaded = load_model(model)
    size = AuditSize(
        n_volumes=volumes,
        voxels=voxels,
        n_labels=n_labels,
        with_transport=not no_transport,
        with_memorisation=not no_memorisation,
    )
    found = audit_model(
        loaded, size, n_threads=n_threads, say=lambda text: click.echo(text, err=True)
    )
    pictures = pictures or Path(f"{loaded.card.name}-audit.png")
    rows = [
        [volume[:, voxels // 2] for volume in (one.real, one.generated)] for one in found.by_label
    ]
    pictures.write_bytes(section_grid(rows))
    if as_json:
        document = {"model": loaded.card.name, "sha256": loaded.sha256, **found.document()}
        click.echo(json.dumps({**document, "pictures": str(pictures)}, indent=2))
    else:
        _print(found)
        click.echo(f"pictures (real left, generated right): {pictures}", err=True)
    if record:
        record_audit(model_path(model), found, loaded.sha256)
    return 0


def _print(found: Audit) -> None:
    console = Console()
    for one in found.by_label:
        title = ", ".join(f"{name} {value:g}" for name, value in one.labels.items())
        table = Table("quantity", "real", "generated", "difference", "95%", "variance", title=title)
        for row in one.rows:
            mark = {True: " kept", False: " missed", None: ""}[row.is_within]
            defined = "" if row.n_real == row.n_generated else f" ({row.n_real}:{row.n_generated})"
            table.add_row(
                row.quantity + defined,
                _number(row.real),
                _number(row.generated),
                _share(row.difference) + mark,
                f"{_share(row.low)} to {_share(row.high)}",
                "–" if row.variance_ratio is None else f"{row.variance_ratio:.2f}",
            )
        for limit in one.limits:
            table.add_row(
                limit.quantity,
                f"{limit.mean_real:.4g}",
                f"{limit.mean_generated:.4g}",
                {True: "kept", False: "missed", None: "too few to tell"}[limit.is_kept],
                f"99% of real below {limit.limit:.4g}",
                f"{limit.n_beyond} of {limit.n_generated}",
            )
        console.print(table)
    for where, seen in (("withheld", found.memorisation), ("training", found.near)):
        if seen is None:
            continue
        said = {True: "clean", False: "COPIES", None: "too few to tell"}[seen.is_clean]
        console.print(
            f"memorisation at the {where} labels: {seen.n_below} of {seen.n_generated} generated "
            f"pieces among the nearest fortieth of all, p = {seen.p_adjusted:.3g} ({said})",
            highlight=False,
        )


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4g}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:+.1%}"
