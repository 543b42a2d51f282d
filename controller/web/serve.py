"""Run the service until it is told to stop: the follower, the children, the HTTP server."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.json_log import json_log
from controller import wiring
from controller.follower import Follower
from controller.home import make_home
from controller.people import open_people
from controller.runs import Runs
from controller.web.address import Address, in_url, is_loopback, service_address
from controller.web.app import create_app
from controller.web.hub import Hub
from controller.web.service import Service
from experiments.errors import Invalid

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_PATIENCE_S: Final = 1.0
"""For the journal to be read to its end; a longer one is shown as far as it was read."""
_MOST_CONNECTIONS: Final = 600
"""Five hundred pages that listen, and room for what they ask."""


@dataclass(frozen=True)
class ServeOptions:
    """Where and how to serve."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: Path | None = None
    key: Path | None = None
    public_address: str | None = None
    public_names: tuple[str, ...] = ()
    """Names it is reached by, beside the address it is bound to."""
    run_options: tuple[str, ...] = ()
    """For every ``cellwright run`` that the service starts."""


def serve(home_path: Path, options: ServeOptions, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; campaigns that it started stop in good order then.

    Raises ``Invalid`` where the address cannot be had, or would not be safe.
    """
    import uvicorn

    has_tls = options.certificate is not None
    if has_tls != (options.key is not None):
        raise Invalid("--certificate and --key belong together")
    _address(options, options.port)
    home = make_home(home_path)
    with contextlib.ExitStack() as held:
        held.enter_context(json_log(home.logs / "service.jsonl"))
        log = logging.getLogger("cellwright.web").warning
        listening = held.enter_context(_listen(options.host, options.port))
        port = listening.getsockname()[1]
        address = _address(options, port)
        clock = wiring.clock()
        people = open_people(home.path, clock)
        held.callback(people.close)
        runs = Runs(home, log=log, options=options.run_options)
        held.callback(runs.close)
        hub = Hub()
        follower = Follower(home, hub.tell)
        held.callback(follower.close)
        follower.start(_PATIENCE_S)
        service = Service(home, people, follower, runs, address, clock, hub)
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(service),
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ws="none",
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_keep_alive=10,
                timeout_graceful_shutdown=3,
                ssl_certfile=options.certificate,
                ssl_keyfile=options.key,
            )
        )
        shown = options.public_address or _shown(options, port)
        if not people.accounts.everyone():
            announce("nobody can sign in yet: cellwright users add NAME --role admin")
        announce(f"the lab service is at {shown}")
        held.enter_context(_surviving_signals())
        server.run(sockets=[listening])


@contextlib.contextmanager
def _surviving_signals() -> Iterator[None]:
    """Let the server end in order.

    It raises the signal that ended it once more when it is done,
    which would end this process before the campaigns it started were asked to stop.
    """
    before = {one: signal.signal(one, lambda *_: None) for one in _SIGNALS}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host.strip("[]"), port))
        listening.listen()  # whoever reads the announcement may come at once
    except OSError as error:
        listening.close()
        raise Invalid(f"--host {host} --port {port}: {error.strerror or error}") from error
    return listening


def _address(options: ServeOptions, port: int) -> Address:
    return service_address(
        options.host,
        port,
        has_tls=options.certificate is not None,
        public=options.public_address,
        names=options.public_names,
    )


def _shown(options: ServeOptions, port: int) -> str:
    host = options.host
    bound = "127.0.0.1" if is_loopback(host) and ":" not in host else in_url(host)
    name = in_url(options.public_names[0]) if options.public_names else bound
    return f"{'http' if options.certificate is None else 'https'}://{name}:{port}"
