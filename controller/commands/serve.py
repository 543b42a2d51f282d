"""``cellwright serve``: the lab service, pages and API for one home."""

from __future__ import annotations

from pathlib import Path

import click

from controller.cli import chosen_home, home_option

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind to.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option("--certificate", type=_FILE, help="TLS certificate chain; any address may be bound.")
@click.option("--key", type=_FILE, help="Its private key.")
@click.option(
    "--public-address",
    metavar="URL",
    help="https://HOST, where a proxy on this machine speaks TLS for it.",
)
@click.option(
    "--public-name",
    "public_names",
    metavar="HOST",
    multiple=True,
    help="A name it is reached by; --host 0.0.0.0 and :: need one. May be given several times.",
)
@click.option("--ray", "ray_address", metavar="ADDRESS", help="For campaigns that it starts.")
@click.option("--workers", type=click.IntRange(min=1), help="For campaigns that it starts.")
@home_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    host: str,
    port: int,
    certificate: Path | None,
    key: Path | None,
    public_address: str | None,
    public_names: tuple[str, ...],
    ray_address: str | None,
    workers: int | None,
    own_home: Path | None,
) -> int:
    """Serve the control room until interrupted.

    Without TLS it binds to this machine's own addresses only. It holds no lock of the home: other
    commands go on working beside it, and a campaign that it starts is a cellwright run of its own.
    """
    from controller.web.serve import ServeOptions, serve

    run_options: tuple[str, ...] = ()
    if ray_address is not None:
        run_options += ("--ray", ray_address)
    if workers is not None:
        run_options += ("--workers", str(workers))
    options = ServeOptions(host, port, certificate, key, public_address, public_names, run_options)
    serve(chosen_home(ctx, own_home), options, lambda text: click.echo(text, err=True))
    return 0
