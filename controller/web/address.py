"""Where the service can be reached, and so which Host and Origin a request may name."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from experiments.errors import Invalid

_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Address:
    """One way in: ``https://lab.example.org``, or HTTP on the loopback address."""

    is_secure: bool
    hosts: frozenset[str]
    """What a request's Host may be, with the port where it is not the scheme's own."""

    @property
    def origins(self) -> frozenset[str]:
        """Return what a request's Origin may be."""
        scheme = "https" if self.is_secure else "http"
        return frozenset(f"{scheme}://{host}" for host in self.hosts)


def is_loopback(host: str) -> bool:
    """Say whether a host to bind to is this machine's own."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def service_address(host: str, port: int, *, has_tls: bool, public: str | None = None) -> Address:
    """Return where a service bound to host and port is reached.

    ``public`` is its address behind a proxy on this machine that speaks TLS. Raises ``Invalid``
    where passwords would cross a network in clear text.
    """
    if public is not None:
        parts = urlsplit(public)
        if parts.scheme != "https" or not parts.netloc or parts.path not in ("", "/"):
            raise Invalid(f"--public-address {public}: allowed: https://HOST or https://HOST:PORT")
        if not is_loopback(host):
            raise Invalid("--public-address: the proxy is on this machine; bind to 127.0.0.1")
        return Address(is_secure=True, hosts=frozenset({parts.netloc.lower()}))
    if not has_tls and not is_loopback(host):
        raise Invalid(
            f"--host {host}: passwords would cross the network in clear text; give --certificate "
            "and --key, or bind to 127.0.0.1 behind a proxy with --public-address https://HOST"
        )
    names = _LOOPBACK if is_loopback(host) else (host,)
    own_port = 443 if has_tls else 80
    hosts = {f"{name}:{port}".lower() for name in names}
    hosts |= {name.lower() for name in names} if port == own_port else set()
    return Address(is_secure=has_tls, hosts=frozenset(hosts))
