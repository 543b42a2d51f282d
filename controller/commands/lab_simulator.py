"""``cellwright lab-simulator``: the simulated lab as a real HTTP server of its own."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.errors import Invalid


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("lab"),
    show_default=True,
    help="Ledger and secret of this lab.",
)
@click.option("--name", default="lab", show_default=True, help="What the lab calls itself.")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True)
@click.option(
    "--secret-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Default: FOLDER/secret, made on first opening.",
)
@click.option(
    "--time-scale", type=float, default=1.0, show_default=True, help="Lab seconds per second."
)
@click.option(
    "--file-format",
    default="bdf-csv",
    show_default=True,
    help="bdf-csv, bdf-parquet, biologic-mpt or neware-csv.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of scatter and failures.")
@click.option(
    "--voxels",
    type=click.IntRange(16, 256),
    default=96,
    show_default=True,
    help="Edge of the volume that a coating's true properties come from.",
)
@click.option("--capacity-spread-pct", type=float, default=2.0, show_default=True)
@click.option("--failures-pct", type=float, default=5.0, show_default=True, help="Of the cells.")
@click.option("--fault", "faults", multiple=True, metavar="KIND=RATE", help="May be repeated.")
@click.option("--fault-seed", type=int, default=0, show_default=True)
@click.option("--amnesia", is_flag=True, help="Forget every build on opening.")
def command(
    folder: Path,
    name: str,
    host: str,
    port: int,
    secret_file: Path | None,
    time_scale: float,
    file_format: str,
    seed: int,
    voxels: int,
    capacity_spread_pct: float,
    failures_pct: float,
    faults: tuple[str, ...],
    fault_seed: int,
    amnesia: bool,
) -> int:
    """Open the simulated lab and serve until interrupted.

    It makes cells with the project's own models at high fidelity, scatter, failures and a bias that
    no model knows, and writes real cycler files. The address goes to stdout once it is bound.
    """
    from instruments.lab_simulator.faults import FaultPlan
    from instruments.lab_simulator.reality import Reality
    from instruments.lab_simulator.serve import LabOptions, serve

    options = LabOptions(
        folder=folder,
        name=name,
        host=host,
        port=port,
        secret_file=secret_file,
        time_scale=time_scale,
        file_format=file_format,
        reality=Reality(
            seed=seed,
            voxels=voxels,
            cell_sd=capacity_spread_pct / 100.0,
            failure_rate=failures_pct / 100.0,
        ),
        faults=FaultPlan(dict(_rate(text) for text in faults), fault_seed),
        has_amnesia=amnesia,
    )
    serve(options, _announce)
    return 0


def _rate(text: str) -> tuple[str, float]:
    kind, _, rate = text.partition("=")
    try:
        return kind, float(rate)
    except ValueError:
        raise Invalid(f"--fault {text!r}: allowed: KIND=RATE, as busy_429=0.1") from None


def _announce(address: str, secret_file: Path) -> None:
    click.echo(f"the simulated lab is open; its secret is in {secret_file}", err=True)
    click.echo("instruments.yaml: {name: lab, kind: http-lab, address: ", nl=False, err=True)
    click.echo(f"{address}, secret_file: {secret_file}, simulated: true}}", err=True)
    click.echo(address)
